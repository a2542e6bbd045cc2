package action

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/log"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/summary"
)

// reportFile is where the JSON report goes on a runner that was given no other place, below the workspace.
const reportFile = "multiarch-deploy-report.json"

// summaryFile is where the job summary also goes, for actions that show it elsewhere.
const summaryFile = "multiarch-deploy-summary.md"

// execute takes the steps and publishes what came of them, however they ended.
func (p Program) execute(ctx context.Context, c command, config inputs.Config, out output) error {
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
	return errors.Join(err, p.attempt(func() error {
		result := d.report()
		result.Conclude(fatal(err))
		p.conclude(result)
		p.comment(ctx, config, result)
		return p.publish(result, out)
	}))
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

// publish writes the report, the step's outputs and the job summary.
func (p Program) publish(result *report.Report, out output) error {
	env := environment(p.Getenv)
	path, workspace := out.report, env("GITHUB_WORKSPACE")
	if path == "" && env.onRunner() {
		path = filepath.Join(workspace, reportFile)
	}
	content, err := result.JSON()
	problems := []error{err}
	content = []byte(p.runner.Redact(string(content)))
	if path != "" {
		problems = append(problems, writeReport(workspace, path, content))
	}
	problems = append(problems, p.writeTable(result, out.table))
	if out.json {
		_, err = p.Stdout.Write(content)
		problems = append(problems, err)
	}
	opts := summary.Options{ReportFile: below(workspace, path), Workspace: workspace, Source: env.commitPage(),
		Version: p.Version}
	page := ""
	if env.onRunner() && workspace != "" {
		page = filepath.Join(workspace, summaryFile)
		opts.Room = summary.Limit
		problems = append(problems, writeFile(workspace, page, []byte(p.runner.Redact(summary.Write(result, opts)))))
	}
	room, err := p.runner.SummaryRoom(summary.Limit)
	opts.Room = room
	problems = append(problems, err, p.runner.Summarize(summary.Write(result, opts)))
	for _, o := range outputs(result, below(workspace, path), below(workspace, page)) {
		problems = append(problems, p.runner.SetOutput(o.Name, o.Value))
		if o.short && env.onRunner() {
			p.runner.Print(fmt.Sprintf("The output %s contains only a part, since all of it is too long; the report contains "+
				"all.", o.Name))
		}
	}
	return errors.Join(problems...)
}

// tableFile is where an audit's table goes on a runner that was given no other place, below the workspace.
const tableFile = "multiarch-deploy-report.csv"

// writeTable writes what an audit says of the workloads, for a spreadsheet.
func (p Program) writeTable(result *report.Report, path string) error {
	env := environment(p.Getenv)
	workspace := env("GITHUB_WORKSPACE")
	if path == "" && env.onRunner() {
		path = filepath.Join(workspace, tableFile)
	}
	if path == "" || result.Audit == nil {
		return nil
	}
	content, err := result.CSV()
	if err != nil {
		return err
	}
	return writeReport(workspace, path, []byte(p.runner.Redact(string(content))))
}

// writeReport writes the report to a path, and creates its folder when needed.
func writeReport(workspace, path string, content []byte) error {
	if err := writeFile(workspace, path, content); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// writeFile writes a file. In the workspace, whose files a pull request brings, no link is followed out of it, and one
// in the file's own place is replaced. Any other place was chosen by whoever wrote the command line.
func writeFile(workspace, path string, content []byte) error {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	inside := below(workspace, absolute)
	if workspace == "" || filepath.IsAbs(inside) {
		return errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644))
	}
	root, err := os.OpenRoot(workspace)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.MkdirAll(filepath.Dir(inside), 0o755); err != nil {
		return err
	}
	if info, err := root.Lstat(inside); err == nil && info.Mode()&os.ModeSymlink != 0 {
		if err := root.Remove(inside); err != nil {
			return err
		}
	}
	return root.WriteFile(inside, content, 0o644)
}
