package action

import (
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/catalogue"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

// rollbackAfter rolls back where that was asked for and something failed.
func (d *deploy) rollbackAfter(ctx context.Context, err error, findings []finding.Finding) error {
	if d.config.OnFailure == catalogue.Rollback && (err != nil || finding.Worst(findings) == finding.Error) {
		return d.rollback(ctx)
	}
	return nil
}

// rollback sets everything back that this run has changed, and watches what came of it. It continues after an
// interrupt, within its own time, but waits for nothing then.
func (d *deploy) rollback(ctx context.Context) error {
	before := d.changes
	changes, err := d.applier.Rollback(context.WithoutCancel(ctx), before, d.applyOptions())
	d.changed(changes)
	if ctx.Err() != nil || !d.config.Wait {
		return err
	}
	return errors.Join(err, d.watchRollback(ctx, before, changes))
}

// watchRollback says which state the rollback leaves the cluster in. Pods of the failed revision that keep a
// StatefulSet from going back are deleted: its controller replaces none that is not ready.
func (d *deploy) watchRollback(ctx context.Context, before, changes change.Set) error {
	var restored []*unstructured.Unstructured
	for _, c := range changes {
		if c.Action == change.RolledBack && c.After != nil {
			restored = append(restored, c.After)
		}
	}
	if len(restored) == 0 {
		return nil
	}
	opts := rollout.DefaultOptions()
	opts.ReplaceStuck = true
	result, err := d.watch(ctx, restored, opts)
	if err != nil {
		return err
	}
	for _, f := range result.Findings {
		f.Message = "After the rollback: " + f.Message
		d.findings = append(d.findings, d.Locate(f))
	}
	d.sayState(result, unwell(before))
	return nil
}

// sayState says of each object that was set back whether it is ready again.
func (d *deploy) sayState(result rollout.Result, unwell map[string]string) {
	for _, o := range result.Objects {
		switch why, was := unwell[o.ID]; {
		case o.Done && o.Judged:
			d.say("rolled back: %s is ready as it was before", o.ID)
		case o.Done:
			d.say("rolled back: %s is set back; whether it is ready is not known: %s", o.ID, o.Message)
		case was:
			d.say("rolled back: %s is not ready, and was not before this deploy either: %s", o.ID, why)
		default:
			d.say("rolled back: %s is not ready: %s", o.ID, o.Message)
		}
	}
}

// unwell returns why objects were not ready before this run changed them, by object.ID.
func unwell(changes change.Set) map[string]string {
	all := map[string]string{}
	for _, c := range changes {
		if c.Before == nil {
			continue
		}
		status := readiness.Of(c.Before, c.Before.GetGeneration())
		if status.State == readiness.InProgress || status.State == readiness.Failed {
			all[object.ID(c.Before.GroupVersionKind(), c.Before)] = finding.OneLine(status.Message)
		}
	}
	return all
}
