// Package action is the product in one place: which steps each command takes, what they hand to one another,
// what is reported and which status the program exits with.
package action

import (
	"context"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// step is one stage of the pipeline. Its name is a key of the report's timings.
type step struct {
	name, title string
	run         func(*deploy, context.Context) error
	// guarded steps change something, and are not taken once there is a finding of severity error.
	guarded bool
}

// The steps, in the order in which a deploy takes them.
var (
	building = step{"build", "Build images", (*deploy).build, false}                          // for every platform, and push them
	verify   = step{"verify", "Verify images", (*deploy).verify, false}                       // do they have the platforms asked for?
	rewrite  = step{"rewrite", "Set images in the kustomization", (*deploy).rewrite, false}   // in memory
	render   = step{"render", "Render manifests", (*deploy).render, false}                    // and is every image used?
	place    = step{"plan", "Plan placement", (*deploy).place, false}                         // nodes x images x pod specs
	preview  = step{"preview", "Preview changes", (*deploy).preview, false}                   // server-side dry run
	write    = step{"write", "Write the kustomization", (*deploy).write, true}                // the edited bytes
	applying = step{"apply", "Apply", (*deploy).apply, true}                                  // server-side
	watch    = step{"rollout", "Watch the rollout", (*deploy).watch, true}                    // until ready, or doomed
	record   = step{"commit", "Record the images in the repository", (*deploy).commit, true}  // what runs, or is to run
	prune    = step{"prune", "Prune what this deploy no longer holds", (*deploy).prune, true} // only after all is well
)

// command is a command of the program: the steps it takes.
type command struct {
	use, short string
	// references: the command takes image references as arguments.
	references bool
	// builds: the command builds, whatever the mode.
	builds bool
	steps  func(inputs.Config) []step
}

// commands are the commands of the program, besides version.
var commands = []command{
	{use: "run", short: "Build or verify, rewrite, plan, apply and watch: the whole pipeline", steps: runSteps},
	{use: "build", short: "Build the images, push them and check them, and nothing else", builds: true,
		steps: func(inputs.Config) []step { return []step{building, verify} }},
	{use: "plan", short: "Plan placement and show what would change; apply nothing", steps: planSteps},
	{use: "verify [REF...]", short: "Check that images have their platforms", references: true,
		steps: func(inputs.Config) []step { return []step{verify} }},
	{use: "rewrite", short: "Set the images in the kustomization, in place; with commit, verify them and record that",
		steps: rewriteSteps},
}

// planSteps change nothing, so they don't build: they take the images that are in the registry.
func planSteps(inputs.Config) []step {
	return []step{verify, rewrite, render, place, preview}
}

// rewriteSteps end with a commit where someone else deploys what it holds. That has to be as well checked as what a
// run deploys itself.
func rewriteSteps(config inputs.Config) []step {
	switch {
	case config.DryRun:
		return []step{rewrite, render}
	case !config.Commit.Wanted():
		return []step{rewrite, render, write}
	case config.Build:
		return []step{building, verify, rewrite, render, write, record}
	default:
		return []step{verify, rewrite, render, write, record}
	}
}

func runSteps(config inputs.Config) []step {
	if config.DryRun {
		return planSteps(config)
	}
	steps := []step{verify, rewrite, render, place, write, applying}
	if config.Build {
		steps = append([]step{building}, steps...)
	}
	if config.Wait {
		steps = append(steps, watch)
	}
	if config.Commit.Wanted() {
		steps = append(steps, record)
	}
	if config.Prune {
		steps = append(steps, prune)
	}
	return steps
}

// take runs the steps one after another. It stops at an error, and before a guarded step when a finding is one.
func (d *deploy) take(ctx context.Context, steps []step) error {
	for _, s := range steps {
		if err := findingsError(d.report.Findings); s.guarded && err != nil {
			return err
		}
		if err := d.takeStep(ctx, s); err != nil {
			return err
		}
	}
	return findingsError(d.report.Findings)
}

func (d *deploy) takeStep(ctx context.Context, s step) error {
	start, known := time.Now(), len(d.report.Findings)
	d.emit(progress.StepStarted{Name: s.name, Title: s.title})
	err := s.run(d, ctx)
	elapsed := time.Since(start)
	d.emit(progress.StepFinished{Name: s.name, Elapsed: elapsed, Err: err})
	failed := err != nil || findingsError(d.report.Findings[known:]) != nil
	d.report.Took(report.Step{Name: s.name, Title: s.title, Elapsed: elapsed, Failed: failed})
	return err
}
