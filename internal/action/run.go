// Package action is the product in one place: which steps each command takes, what they hand to one another,
// what is reported and which status the program exits with.
package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// command is a command of the program.
type command struct {
	use, short string
	// references: the command takes image references as arguments.
	references bool
}

// The commands of the program, besides version.
var (
	runCommand     = command{use: "run", short: "Build or verify, rewrite, plan, apply and watch: the whole pipeline"}
	buildCommand   = command{use: "build", short: "Build the images, push them and check them, and nothing else"}
	planCommand    = command{use: "plan", short: "Plan placement and show what would change; apply nothing"}
	verifyCommand  = command{use: "verify [REF...]", short: "Check that images have their platforms", references: true}
	rewriteCommand = command{use: "rewrite", short: "Set the images in the kustomization; with commit, verify them and " +
		"record that"}
	auditCommand = command{use: "audit", short: "Say of what runs in a cluster what is at risk, what could move to " +
		"arm64 nodes, and why the rest cannot"}
	fixCommand = command{use: "fix", short: "Keep the patches of arch-policy pin or spread in the kustomization"}
	commands   = []command{runCommand, buildCommand, planCommand, verifyCommand, rewriteCommand, auditCommand, fixCommand}
)

// step is one stage of the pipeline.
type step struct {
	// name is what code and report call it: it is a key of the report's timings.
	name string
	// title is its headline in the log; a step without one is neither shown nor timed.
	title string
	run   func(*deploy, context.Context) error
	// guarded steps change something, and are not taken once there is a finding of severity error.
	guarded bool
}

// The steps of a run, in their order, each with what it is about or why it is there. Those without a title take no time
// and say nothing.
var (
	// own commits are not deployed again, nor fixed
	triggerStep = step{"trigger", "", (*deploy).checkTrigger, false}
	// the one that is checked out, or named
	branchStep = step{"branch", "", (*deploy).findBranch, false}
	// a refusal now costs nothing
	accessStep = step{"access", "", (*deploy).checkBranch, false}
	// registries, and a kubeconfig's cluster
	enterStep = step{"sign-in", "", (*deploy).signIn, false}
	// registries, and a cloud's cluster
	signInStep = step{"sign-in", "Sign in", (*deploy).signIn, false}
	// for every platform, and push them
	buildStep = step{"build", "Build images", (*deploy).build, false}
	// of what native runners have pushed
	joinStep = step{"join", "Join images", (*deploy).build, false}
	// have they the platforms asked for?
	verifyStep = step{"verify", "Verify images", (*deploy).verify, false}
	// in memory
	rewriteStep = step{"rewrite", "Set images in the kustomization", (*deploy).rewrite, false}
	// without the patches of an earlier fix
	readStep = step{"rewrite", "Read the kustomization", (*deploy).rewrite, false}
	// and is every image used?
	renderStep = step{"render", "Render manifests", (*deploy).render, false}
	// every controller's top owner, and bare pods
	inventoryStep = step{"inventory", "Read the cluster", (*deploy).inventory, false}
	// as little as says their platforms
	surveyStep = step{"survey", "Look up images", (*deploy).survey, false}
	// on the current nodes, and on expected ones
	auditStep = step{"audit", "Audit", (*deploy).audit, false}
	// nodes x images x pod specs
	planStep = step{"plan", "Plan placement", (*deploy).plan, false}
	// what pin would patch, as files
	fixStep = step{"fix", "Write the patches", (*deploy).fix, false}
	// server-side dry run
	previewStep = step{"preview", "Preview changes", (*deploy).preview, false}
	// the same, before a deploy: what the server refuses is reported with what the plan has found
	checkStep = step{"check", "Check the changes", (*deploy).check, false}
	// the edited bytes
	writeStep = step{"write", "Write the kustomization", (*deploy).write, true}
	// server-side
	applyStep = step{"apply", "Apply", (*deploy).apply, true}
	// until ready, or sure to fail
	rolloutStep = step{"rollout", "Watch the rollout", (*deploy).rollout, true}
	// what runs, or is to run
	commitStep = step{"commit", "Record the images in the repository", (*deploy).commit, true}
	// the files of patches
	recordStep = step{"commit", "Record the patches in the repository", (*deploy).commitPatches, false}
	// only after a good rollout
	pruneStep = step{"prune", "Prune what left the manifests", (*deploy).prune, true}
)

// steps are those that a command takes. Plans and dry runs change nothing, so they don't build either: they take the
// images that are in the registry. A rewrite with a commit ends where Flux or Argo CD goes on, so its images are as
// well verified as those of a deploy.
func (c command) steps(config inputs.Config) []step {
	deploys := c == runCommand && !config.DryRun
	plans := c == planCommand || c == runCommand && config.DryRun
	edits, audits, fixes := c == rewriteCommand, c == auditCommand, c == fixCommand
	writes := deploys || edits && !config.DryRun
	records := (writes || fixes && !config.DryRun) && config.Commit.Wanted()
	builds := c == buildCommand || config.Build && (deploys || edits && records)
	viaCloud := (deploys || plans || audits || fixes) && config.Provider != identity.ProviderKubeconfig

	var taken []step
	for _, s := range []struct {
		step step
		when bool
	}{
		{triggerStep, records && !fixes}, {branchStep, records}, {triggerStep, records && fixes}, {accessStep, records},
		{enterStep, !viaCloud}, {signInStep, viaCloud},
		{buildStep, builds && !config.Join}, {joinStep, builds && config.Join},
		{inventoryStep, audits}, {surveyStep, audits}, {auditStep, audits},
		{verifyStep, !audits && !fixes && (!edits || records)},
		{rewriteStep, deploys || plans || edits}, {readStep, fixes},
		{renderStep, deploys || plans || edits || fixes},
		{planStep, deploys || plans || fixes}, {previewStep, plans}, {fixStep, fixes}, {recordStep, records && fixes},
		{checkStep, deploys}, {writeStep, writes}, {applyStep, deploys}, {rolloutStep, deploys && config.Wait},
		{commitStep, records && !fixes}, {pruneStep, deploys && config.Prune},
	} {
		if s.when {
			taken = append(taken, s.step)
		}
	}
	return taken
}

// errNothingToDo ends a run that has nothing new to deploy, and is no error.
var errNothingToDo = errors.New("nothing to do")

// take runs the steps one after another. It stops at an error, and before a guarded step when a finding is one.
func (d *deploy) take(ctx context.Context, steps []step) error {
	d.takes = func(name string) bool {
		return slices.ContainsFunc(steps, func(s step) bool { return s.name == name })
	}
	d.ahead = d.newAhead(ctx)
	for _, s := range steps {
		if err := status.OfFindings(d.findings); s.guarded && err != nil {
			return err
		}
		if err := d.takeStep(ctx, s); errors.Is(err, errNothingToDo) {
			return nil
		} else if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil { // a step may end well in spite of it
			return err
		}
	}
	return status.OfFindings(d.findings)
}

// interrupted says what became of a run that was interrupted.
func (d *deploy) interrupted(err error) error {
	rolledBack := func(c change.Change) bool { return c.Action == change.RolledBack }
	switch {
	case d.previewed || len(d.changes) == 0:
		return fmt.Errorf("interrupted: %w", err)
	case slices.ContainsFunc(d.changes, rolledBack):
		return fmt.Errorf("interrupted, and rolled back as the report says: %w", err)
	default:
		return fmt.Errorf("interrupted; what was applied by then stays in the cluster, and is in the report: %w", err)
	}
}

func (d *deploy) takeStep(ctx context.Context, s step) error {
	if s.title == "" {
		return s.run(d, ctx)
	}
	start, known := time.Now(), len(d.findings)
	d.emit(progress.StepStarted{Name: s.name, Title: s.title})
	err := s.run(d, ctx)
	elapsed := time.Since(start)
	d.emit(progress.StepFinished{Name: s.name, Elapsed: elapsed, Err: err})
	failed := err != nil || status.OfFindings(d.findings[known:]) != nil
	d.timings = append(d.timings, report.Step{Name: s.name, Title: s.title, Elapsed: elapsed, Failed: failed})
	return err
}
