package action

import (
	"context"
	"errors"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// preview shows what apply would change, by a server-side dry run.
func (d *deploy) preview(ctx context.Context) error {
	changes, findings, err := d.applier.Plan(ctx, d.Unstructured(), d.readOptions())
	d.changes, d.previewed = changes, true
	d.find(d.Located(findings)...)
	for _, line := range report.ChangeLines(changes, true) {
		d.say("%s", line)
	}
	return err
}

// check asks the API server about the changes, by a dry run, before anything is written.
func (d *deploy) check(ctx context.Context) error {
	checked, findings, err := d.applier.Check(ctx, d.Unstructured(), d.readOptions())
	d.checked = checked
	d.find(d.Located(findings)...)
	return err
}

// apply brings the objects to the cluster.
func (d *deploy) apply(ctx context.Context) error {
	changes, findings, err := d.checked.Apply(ctx)
	d.changed(changes)
	d.find(d.Located(findings)...)
	return errors.Join(err, d.rollbackAfter(ctx, err, findings))
}

// prune deletes what an earlier deploy of this kustomization applied and this one no longer contains.
func (d *deploy) prune(ctx context.Context) error {
	if d.held {
		d.say("nothing is pruned: pods of an earlier revision still run, and may need it")
		return nil
	}
	changes, findings, err := d.applier.Prune(ctx, d.Unstructured(), d.applyOptions())
	d.changed(changes)
	d.find(findings...)
	return err
}

// changed notes changes, and logs them.
func (d *deploy) changed(changes change.Set) {
	d.changes = append(d.changes, changes...)
	for _, line := range report.ChangeLines(changes, false) {
		d.say("%s", line)
	}
}

func (d *deploy) applyOptions() apply.Options {
	opts := apply.DefaultOptions()
	opts.FieldManager = d.config.FieldManager
	opts.ForceConflicts = d.config.ForceConflicts
	opts.Namespace = d.cluster.Namespace
	opts.Progress = d.emit
	opts.Deploy = d.env.Inventory(d.config.Kustomization)
	opts.TakeOverFrom = d.config.TakeOverFrom
	opts.EstablishTimeout = d.config.WaitTimeout
	opts.Recreate = d.config.Recreate
	opts.Foreseen = d.foreseen
	if d.config.Prune {
		opts.Inventory = opts.Deploy
	}
	return opts
}

// readOptions are those of a pass that takes what the plan has read of the cluster.
func (d *deploy) readOptions() apply.Options {
	opts := d.applyOptions()
	opts.Reading = d.reading()
	return opts
}
