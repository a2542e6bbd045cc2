package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// Prune deletes what earlier runs of this deploy applied and objects, the whole set of this run, no longer has. It
// goes backwards through the stages, and is the last thing of a deploy: what it deletes is not rolled back.
//
// It deletes an object only if the inventory of this deploy (opts.Inventory, in opts.Namespace) lists it, the live
// object still carries this deploy's mark, and no one else has a claim (see claimed). So a first run, or one whose
// inventory was lost, prunes nothing, and an object that moved to another deploy stays there. What it keeps it reports
// to opts.Progress and forgets. A refused deletion is an apply-rejected finding, and tried again by the next run.
func (a *Applier) Prune(
	ctx context.Context, objects []*unstructured.Unstructured, opts Options,
) (ChangeSet, []finding.Finding, error) {
	if opts.Inventory == "" || len(objects) == 0 {
		return nil, nil, errors.New("prune: needs the name of an inventory, and at least one object that stays: " +
			"an empty set would delete everything")
	}
	r, findings, err := a.prepare(ctx, objects, opts)
	if err != nil || len(findings) > 0 {
		return nil, findings, err
	}
	removed, version, err := r.removed(ctx)
	if err != nil || version == "" {
		findings, err = r.judge(ctx, r.inventory().Ref(), err)
		return nil, findings, err
	}
	for stage := stageCount - 1; stage >= 0 && err == nil; stage-- {
		var refused []finding.Finding
		refused, err = removed.each(ctx, stage, removed.pruneOne)
		findings = append(findings, refused...)
	}
	if err != nil {
		return removed.reached(), findings, err
	}
	removed.forget()
	err = r.inventory().Write(ctx, r.Server, append(r.keys(), removed.keys()...), version)
	refused, err := r.judge(ctx, r.inventory().Ref(), err)
	return removed.reached(), append(findings, refused...), err
}

// removed returns what the inventory lists and the run doesn't have. Those of a kind that the cluster doesn't serve at
// the moment have no item: they wait for a later run.
func (r *run) removed(ctx context.Context) (removed *run, version string, err error) {
	listed, version, err := r.inventory().Read(ctx, r.Server)
	removed = &run{Applier: r.Applier, opts: r.opts, mapper: r.mapper, byKey: map[object.Key]*item{}}
	for _, k := range listed {
		if _, stays := r.byKey[k]; stays {
			continue
		}
		removed.byKey[k] = nil
		mapping, err := r.mapper.RESTMappingWithContext(ctx, k.GroupKind)
		if err != nil {
			continue
		}
		ref := server.Ref{Kind: mapping.GroupVersionKind, Resource: mapping.Resource, Namespace: k.Namespace, Name: k.Name}
		removed.items = append(removed.items, &item{Ref: ref})
	}
	return removed, version, err
}

func (r *run) pruneOne(ctx context.Context, t *item) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := server.Outlasting(ctx, r.opts.InterruptGrace)
	defer cancel()
	var sent *unstructured.Unstructured // what a deletion was sent for, answered or not
	return r.Patient(r.opts.Patience).Retry(ctx, func() error {
		live, err := r.prunable(ctx, t)
		if err != nil {
			return err
		}
		if live != nil {
			// Should someone claim the object between the look and the deletion, the deletion fails and we look again.
			sent = live
			uid, version := live.GetUID(), live.GetResourceVersion()
			err := r.Delete(ctx, t.Ref, &metav1.Preconditions{UID: &uid, ResourceVersion: &version}, false)
			if err != nil && !apierrors.IsNotFound(err) {
				return err
			}
		}
		if sent != nil {
			t.becomes(Pruned, sent, nil)
			t.done = true
		}
		t.judged = true
		return nil
	})
}

// prunable returns the live object if it is to be deleted, nil if it is gone or stays.
func (r *run) prunable(ctx context.Context, t *item) (*unstructured.Unstructured, error) {
	live, err := r.Get(ctx, t.Ref)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if claim := r.claimed(ctx, live); claim != "" {
		r.opts.Progress(progress.Message{Text: fmt.Sprintf("kept %s, which the manifests no longer have: %s", t, claim)})
		return nil, nil
	}
	return live, nil
}

// claimed says who or what, other than this deploy, may need the live object, "" for no one.
func (r *run) claimed(ctx context.Context, live *unstructured.Unstructured) string {
	switch kind := live.GroupVersionKind().GroupKind(); kind.String() {
	case "Namespace", crdKind.String():
		return "with it would go whatever others keep in it; delete it by hand if nothing else needs it"
	case "PersistentVolume", "PersistentVolumeClaim":
		return "with it would go the data; delete it by hand if no one needs them"
	}
	if claim := r.heldElsewhere(ctx, live); claim != "" {
		return claim
	}
	if owners := live.GetOwnerReferences(); len(owners) > 0 {
		return fmt.Sprintf("it belongs to %s %s", owners[0].Kind, owners[0].Name)
	}
	for _, entry := range live.GetManagedFields() {
		applied := entry.Operation == metav1.ManagedFieldsOperationApply && entry.Subresource == ""
		if applied && entry.Manager != r.opts.FieldManager {
			return fmt.Sprintf("field manager %q applies it too", entry.Manager)
		}
	}
	return ""
}

// forget drops from the run what is gone or not ours.
func (r *run) forget() {
	gone := map[object.Key]bool{}
	for _, t := range r.items {
		gone[t.Key()] = t.judged
	}
	maps.DeleteFunc(r.byKey, func(k object.Key, _ *item) bool { return gone[k] })
}
