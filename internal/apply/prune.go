package apply

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// Prune deletes what earlier runs of this deploy applied and objects, the whole set of this run, no longer has. It goes backwards
// through the stages, and is the last thing of a deploy: what it deletes is not rolled back.
//
// It deletes an object only if the inventory of this deploy (opts.Inventory, in opts.Namespace) lists it, the live
// object still carries this deploy's mark, and no one else has a claim (see claimed). So a first run, or one whose
// inventory was lost, prunes nothing, and an object that moved to another deploy stays there. What it keeps it tells
// to opts.Progress and forgets. A refused deletion is an apply-rejected finding, and tried again by the next run.
func (a *Applier) Prune(ctx context.Context, objects []*unstructured.Unstructured, opts Options) (ChangeSet, []finding.Finding, error) {
	if opts.Inventory == "" || len(objects) == 0 {
		return nil, nil, errors.New("prune: needs the name of an inventory, and at least one object that stays: an empty set would delete everything")
	}
	r, findings, err := a.prepare(ctx, objects, opts)
	if err != nil || len(findings) > 0 {
		return nil, findings, err
	}
	leavers, version, err := r.leavers(ctx)
	if err != nil || version == "" {
		findings, err = r.judge(ctx, inventoryTarget(r.opts), err)
		return nil, findings, err
	}
	for stage := stageCount - 1; stage >= 0 && err == nil; stage-- {
		var refused []finding.Finding
		refused, err = leavers.each(ctx, stage, leavers.pruneOne)
		findings = append(findings, refused...)
	}
	if err != nil {
		return leavers.applied(), findings, err
	}
	leavers.forget()
	refused, err := r.judge(ctx, inventoryTarget(r.opts), r.record(ctx, append(r.entries(), leavers.entries()...), version))
	return leavers.applied(), append(findings, refused...), err
}

func (r *run) pruneOne(ctx context.Context, t *target) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := outlasting(ctx, r.opts.InterruptGrace)
	defer cancel()
	return retry(ctx, func() error {
		live, err := r.doomed(ctx, t)
		if err != nil {
			return err
		}
		if live != nil {
			// Should someone claim the object between the look and the deletion, the deletion fails and we look again.
			uid, version := live.GetUID(), live.GetResourceVersion()
			if err := r.remove(ctx, t, &metav1.Preconditions{UID: &uid, ResourceVersion: &version}); err != nil && !apierrors.IsNotFound(err) {
				return err
			}
			t.becomes(Pruned, live, nil)
			t.done = true
		}
		t.settled = true
		return nil
	})
}
