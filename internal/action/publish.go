package action

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/publish"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/log"
)

// execute takes the steps and publishes what came of them, however they ended.
func (p Program) execute(ctx context.Context, c command, config inputs.Config, out publish.Files) error {
	d := p.newDeploy(config)
	err := p.attempt(func() error {
		if p.Crash != "" {
			return status.Crash{Cause: p.Crash}
		}
		return d.take(ctx, c.steps(config))
	})
	if ctx.Err() != nil && err != nil {
		err = d.interrupted(err)
	}
	return errors.Join(err, p.publish(ctx, config, out, d.report, err))
}

// publish publishes what the run came to. Where that fails because of what it came to, it publishes the failure alone.
func (p Program) publish(ctx context.Context, config inputs.Config, out publish.Files, came func() *report.Report,
	err error) error {
	once := func(came func() *report.Report, err error) error {
		return p.attempt(func() error {
			result := came()
			result.Conclude(fatal(err))
			p.conclude(result)
			published := p.publisher()
			published.Comment(ctx, config, result)
			return published.Publish(result, out)
		})
	}
	published := once(came, err)
	if crash := (status.Crash{}); errors.As(published, &crash) {
		return errors.Join(published, once(report.New, published))
	}
	return published
}

func (p Program) publisher() publish.Publisher {
	return publish.Publisher{Runner: p.runner, Env: p.Getenv, Stdout: p.Stdout, Version: p.Version}
}

// attempt runs a part of the run. A panic in it is an error, so that the rest still reports what was done.
func (p Program) attempt(part func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			p.runner.Print(fmt.Sprintf("panic: %v\n%s", cause, debug.Stack()))
			err = status.Crash{Cause: fmt.Sprint(cause)}
		}
	}()
	return part()
}

// conclude ends the log.
func (p Program) conclude(result *report.Report) {
	if p.runner.Detected() {
		if n := log.Annotate(p.runner, result); n > 0 {
			p.runner.Print(fmt.Sprintf("%d more findings have no annotation, since GitHub shows ten of each kind; they are "+
				"above, and in the report", n))
		}
	}
	if headline := result.Headline(); headline != "" {
		p.runner.Print(fmt.Sprintf("%s: %s", result.Verdict, headline))
	}
}

// fatal is what ended a run before its end: an error that no finding reports.
func fatal(err error) error {
	if errors.Is(err, status.ErrFindings) {
		return nil
	}
	return err
}

func (p Program) sink() progress.Sink {
	if p.runner.Detected() {
		return log.Grouped(p.runner)
	}
	live := p.Width > 0 && p.runner.LogsTo(p.Stdout)
	style := log.Style{Color: live && p.Getenv("NO_COLOR") == "", Live: live, Width: p.Width, Clean: p.runner.Clean}
	return log.Print(p.runner.Raw(), style)
}
