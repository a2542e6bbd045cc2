package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
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

// leavers returns what the inventory lists and the run doesn't have. Those of a kind that the cluster doesn't serve at
// the moment have no target: they wait for a later run.
func (r *run) leavers(ctx context.Context) (leavers *run, version string, err error) {
	entries, version, err := r.recall(ctx)
	leavers = &run{Applier: r.Applier, opts: r.opts, mapper: r.mapper, byKey: map[key]*target{}}
	for _, e := range entries {
		if _, stays := r.byKey[e.key()]; stays {
			continue
		}
		leavers.byKey[e.key()] = nil
		mapping, err := r.mapper.RESTMappingWithContext(ctx, e.key().GroupKind)
		if err != nil {
			continue
		}
		u := &unstructured.Unstructured{}
		u.SetGroupVersionKind(mapping.GroupVersionKind)
		u.SetNamespace(e.Namespace)
		u.SetName(e.Name)
		leavers.targets = append(leavers.targets, &target{desired: u, resource: mapping.Resource})
	}
	return leavers, version, err
}

// doomed looks at the live object and says whether it is to be deleted; if not, it is gone or not ours.
func (r *run) doomed(ctx context.Context, t *target) (live *unstructured.Unstructured, err error) {
	live, err = r.get(ctx, t)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if claim := claimed(live, r.opts); claim != "" {
		r.opts.Progress(progress.Message{Text: fmt.Sprintf("kept %s, which the manifests no longer have: %s", t.name(), claim)})
		return nil, nil
	}
	return live, nil
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

// forget drops from the inventory what is gone or not ours.
func (r *run) forget() {
	gone := map[key]bool{}
	for _, t := range r.targets {
		gone[t.key()] = t.settled
	}
	maps.DeleteFunc(r.byKey, func(k key, _ *target) bool { return gone[k] })
}
