package action

import (
	"context"
	"errors"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// preview shows what apply would change, by a server-side dry run.
func (d *deploy) preview(ctx context.Context) error {
	changes, findings, err := d.applier.Plan(ctx, d.unstructured(), d.applyOptions())
	d.report.Changes, d.report.Planned = changes, true
	d.find(d.located(findings)...)
	for _, change := range changes {
		d.say("%s %s", change.Action, change.Object)
		if diff := change.Diff(); diff != "" {
			d.say("%s", diff)
		}
	}
	return err
}

// apply brings the objects to the cluster.
func (d *deploy) apply(ctx context.Context) error {
	changes, findings, err := d.applier.Apply(ctx, d.unstructured(), d.applyOptions())
	d.report.Changes = changes
	d.find(d.located(findings)...)
	for _, change := range changes {
		d.say("%s %s", change.Action, change.Object)
	}
	return errors.Join(err, d.rollbackAfter(ctx, err, findings))
}

// rollback sets everything back that this run has changed. It goes on after an interrupt, within its own time.
func (d *deploy) rollback(ctx context.Context) error {
	changes, err := d.applier.Rollback(context.WithoutCancel(ctx), d.report.Changes, d.applyOptions())
	d.report.Changes = append(d.report.Changes, changes...)
	for _, change := range changes {
		d.say("%s %s", change.Action, change.Object)
	}
	return err
}

// prune deletes what an earlier deploy of this kustomization applied and this one does not hold.
func (d *deploy) prune(ctx context.Context) error {
	changes, findings, err := d.applier.Prune(ctx, d.unstructured(), d.applyOptions())
	d.report.Changes = append(d.report.Changes, changes...)
	d.find(findings...)
	for _, change := range changes {
		d.say("%s %s", change.Action, change.Object)
	}
	return err
}

func (d *deploy) applyOptions() apply.Options {
	opts := apply.DefaultOptions()
	opts.FieldManager = d.config.FieldManager
	opts.ForceConflicts = d.config.ForceConflicts
	opts.Namespace = d.cluster.Namespace
	opts.Progress = d.emit
	if d.config.Prune {
		opts.Inventory = d.inventory
	}
	return opts
}

// located adds to findings where their objects were written.
func (d *deploy) located(findings []finding.Finding) []finding.Finding {
	for i, f := range findings {
		findings[i] = d.locate(f)
	}
	return findings
}
