// Package publish writes what a run has come to where people and later steps of the job look for it: the report, the
// step's outputs, the job summary, the comment of the pull request, the errors.
package publish

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/environment"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/summary"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

// reportFile is where the JSON report goes on a runner that was given no other place, below the workspace.
const reportFile = "multiarch-deploy-report.json"

// summaryFile is where the job summary also goes, for actions that show it elsewhere.
const summaryFile = "multiarch-deploy-summary.md"

// Publisher is where the results of a run go.
type Publisher struct {
	Runner *runner.Runner
	Env    environment.Variables
	Stdout io.Writer
	// Version is the program's.
	Version string
}

// Files say where the results of a run go besides.
type Files struct {
	// Report is the path of the JSON report, and Table that of an audit's as CSV, or "".
	Report, Table string
	// JSON puts the report alone on standard output.
	JSON bool
}

// Publish writes the report, the step's outputs and the job summary.
func (p Publisher) Publish(result *report.Report, out Files) error {
	env := p.Env
	path, workspace := out.Report, env("GITHUB_WORKSPACE")
	if path == "" && env.OnRunner() {
		path = filepath.Join(workspace, reportFile)
	}
	content, err := result.JSON()
	problems := []error{err}
	content = []byte(p.Runner.Redact(string(content)))
	if path != "" {
		problems = append(problems, writeReport(workspace, path, content))
	}
	problems = append(problems, p.writeTable(result, out.Table))
	if out.JSON {
		_, err = p.Stdout.Write(content)
		problems = append(problems, err)
	}
	opts := summary.Options{ReportFile: environment.Below(workspace, path), Workspace: workspace, Source: env.CommitPage(),
		Version: p.Version}
	page := ""
	if env.OnRunner() && workspace != "" {
		page = filepath.Join(workspace, summaryFile)
		opts.Room = summary.Limit
		problems = append(problems, writeFile(workspace, page, []byte(p.Runner.Redact(summary.Write(result, opts)))))
	}
	room, err := p.Runner.SummaryRoom(summary.Limit)
	opts.Room = room
	problems = append(problems, err, p.Runner.Summarize(summary.Write(result, opts)))
	for _, o := range outputs(result, environment.Below(workspace, path), environment.Below(workspace, page)) {
		problems = append(problems, p.Runner.SetOutput(o.Name, o.Value))
		if o.short && env.OnRunner() {
			p.Runner.Print(fmt.Sprintf("The output %s contains only a part, since all of it is too long; the report contains "+
				"all.", o.Name))
		}
	}
	return errors.Join(problems...)
}

// tableFile is where an audit's table goes on a runner that was given no other place, below the workspace.
const tableFile = "multiarch-deploy-report.csv"

// writeTable writes what an audit says of the workloads, for a spreadsheet.
func (p Publisher) writeTable(result *report.Report, path string) error {
	env := p.Env
	workspace := env("GITHUB_WORKSPACE")
	if path == "" && env.OnRunner() {
		path = filepath.Join(workspace, tableFile)
	}
	if path == "" || result.Audit == nil {
		return nil
	}
	content, err := result.CSV()
	if err != nil {
		return err
	}
	return writeReport(workspace, path, []byte(p.Runner.Redact(string(content))))
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
	inside := environment.Below(workspace, absolute)
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
