package action

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

// reportFile is where the JSON report goes on a runner that was told no other place, below the workspace.
const reportFile = "multiarch-deploy-report.json"

// execute takes the steps and publishes what came of them, however they ended.
func (p Program) execute(ctx context.Context, steps []step, config inputs.Config, out output) error {
	log := *p.log
	r := runner.New(log, p.Getenv)
	if p.onRunner() { // nowhere else is a mask a command; it would be the secret itself
		for _, secret := range config.Secrets() {
			r.Mask(secret)
		}
	}
	d := newDeploy(config, p.sink(log, r))
	d.inventory, d.getenv = p.inventory(d.config), p.Getenv
	d.identity = p.identity(config, r, d.say)
	err := p.carryOut(ctx, d, steps)
	d.report.Conclude(fatal(err))
	if p.onRunner() {
		if n := report.Annotate(r, d.report); n > 0 {
			fmt.Fprintf(log, "%d more findings have no annotation, since GitHub shows ten of each kind; they are above, and in the report\n", n)
		}
	}
	if headline := d.report.Headline(); headline != "" {
		fmt.Fprintf(log, "%s: %s\n", d.report.Verdict, headline)
	}
	return errors.Join(err, p.publish(r, d, out))
}

// fatal is what ended a run before its end: an error that no finding tells.
func fatal(err error) error {
	if errors.Is(err, errFindings) {
		return nil
	}
	return err
}

// start opens what the steps need and takes them.
func (d *deploy) start(ctx context.Context, steps []step) error {
	d.identity.NeedsCluster = takes(steps, place)
	if err := d.enter(ctx); err != nil {
		return err
	}
	if d.identity.NeedsCluster {
		applier, err := apply.New(d.cluster.Config)
		if err != nil {
			return fmt.Errorf("connecting to the cluster: %w", err)
		}
		d.applier = applier
		d.report.Target = d.destination()
		d.nodes = readNodes(ctx, d.cluster)
	}
	return d.take(ctx, steps)
}

func (p Program) onRunner() bool { return runner.Detected(p.Getenv) }

func (p Program) sink(log io.Writer, r *runner.Runner) progress.Sink {
	if p.onRunner() {
		return report.GroupedLog(log, r)
	}
	live := p.Width > 0 && log == p.Stdout
	return report.Log(log, report.Style{Color: live && p.Getenv("NO_COLOR") == "", Live: live, Width: p.Width})
}

// publish writes the report, the step's outputs and the job summary.
func (p Program) publish(r *runner.Runner, d *deploy, out output) error {
	path, workspace := out.report, p.Getenv("GITHUB_WORKSPACE")
	if path == "" && p.onRunner() {
		path = filepath.Join(workspace, reportFile)
	}
	var problems []error
	if path != "" {
		problems = append(problems, d.report.WriteFile(path))
	}
	if out.json {
		content, err := d.report.JSON()
		problems = append(problems, err)
		_, err = p.Stdout.Write(content)
		problems = append(problems, err)
	}
	room, err := r.SummaryRoom(report.SummaryLimit)
	problems = append(problems, err, r.Summarize(d.report.Summary(p.summaryOptions(room, below(workspace, path)))))
	for _, o := range outputs(d.report, below(workspace, path)) {
		problems = append(problems, r.SetOutput(o.Name, o.Value))
		if o.short && p.onRunner() {
			fmt.Fprintf(*p.log, "The output %s holds only a part, since all of it is too long; the report holds all.\n", o.Name)
		}
	}
	return errors.Join(problems...)
}

// inventory names this deploy among all that share the cluster: the repository and its kustomization.
func (p Program) inventory(config inputs.Config) string {
	folder := filepath.ToSlash(filepath.Clean(config.Kustomization))
	if repository := p.Getenv("GITHUB_REPOSITORY"); repository != "" {
		return repository + ":" + folder
	}
	// "." is the folder of many deploys, and prune must not take one for another.
	if absolute, err := filepath.Abs(folder); err == nil {
		return filepath.ToSlash(absolute)
	}
	return folder
}

// below is a path as later steps see it, which need not have the workspace where a container has it.
func below(workspace, path string) string {
	if relative, err := filepath.Rel(workspace, path); err == nil && filepath.IsLocal(relative) {
		return relative
	}
	return path
}
