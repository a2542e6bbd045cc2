package action

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

// reportFile is where the JSON report goes on a runner that was given no other place, below the workspace.
const reportFile = "multiarch-deploy-report.json"

// execute takes the steps and publishes what came of them, however they ended.
func (p Program) execute(ctx context.Context, c command, config inputs.Config, out output) error {
	log, env := *p.log, environment(p.Getenv)
	r := runner.New(log, p.Getenv)
	for _, secret := range config.Secrets() {
		r.Mask(secret)
	}
	d := newDeploy(config, env, r, p.sink(log, r))
	err := d.take(ctx, c.steps(config))
	result := d.report()
	result.Conclude(fatal(err))
	if env.onRunner() {
		if n := report.Annotate(r, result); n > 0 {
			fmt.Fprintf(log, "%d more findings have no annotation, since GitHub shows ten of each kind; they are above, and in the report\n", n)
		}
	}
	if headline := result.Headline(); headline != "" {
		fmt.Fprintf(log, "%s: %s\n", result.Verdict, headline)
	}
	return errors.Join(err, p.publish(r, result, out))
}

// fatal is what ended a run before its end: an error that no finding reports.
func fatal(err error) error {
	if errors.Is(err, errFindings) {
		return nil
	}
	return err
}

func (p Program) sink(log io.Writer, r *runner.Runner) progress.Sink {
	if environment(p.Getenv).onRunner() {
		return report.GroupedLog(log, r)
	}
	live := p.Width > 0 && log == p.Stdout
	return report.Log(log, report.Style{Color: live && p.Getenv("NO_COLOR") == "", Live: live, Width: p.Width})
}

// publish writes the report, the step's outputs and the job summary.
func (p Program) publish(r *runner.Runner, result *report.Report, out output) error {
	env := environment(p.Getenv)
	path, workspace := out.report, env("GITHUB_WORKSPACE")
	if path == "" && env.onRunner() {
		path = filepath.Join(workspace, reportFile)
	}
	var problems []error
	if path != "" {
		problems = append(problems, result.WriteFile(path))
	}
	if out.json {
		content, err := result.JSON()
		problems = append(problems, err)
		_, err = p.Stdout.Write(content)
		problems = append(problems, err)
	}
	room, err := r.SummaryRoom(report.SummaryLimit)
	problems = append(problems, err, r.Summarize(result.Summary(report.SummaryOptions{
		Room: room, ReportFile: below(workspace, path), Workspace: workspace, Source: env.commitPage(), Version: p.Version,
	})))
	for _, o := range outputs(result, below(workspace, path)) {
		problems = append(problems, r.SetOutput(o.Name, o.Value))
		if o.short && env.onRunner() {
			fmt.Fprintf(*p.log, "The output %s holds only a part, since all of it is too long; the report holds all.\n", o.Name)
		}
	}
	return errors.Join(problems...)
}
