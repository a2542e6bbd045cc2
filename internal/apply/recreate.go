package apply

import (
	"context"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/explain"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

// recreateAnnotation lets one object be deleted and created again.
const recreateAnnotation = "multiarch-deploy.dev/recreate"

// previewRecreation looks at the refusal of a change: where the only reason is that the object exists, and it may be
// deleted and created again, that is what is going to happen. The new object is tried under another name first, in a
// dry run, since nothing must be deleted for an object that is then refused.
func (r *run) previewRecreation(ctx context.Context, t *item, refused error) error {
	if t.live == nil || len(explain.Immutable(refused)) == 0 || !r.mayRecreate(t) {
		return refused
	}
	trial := t.desired.DeepCopy()
	trial.SetName("recreate-trial-" + string(t.live.GetUID()))
	ref := server.RefOf(trial, t.Resource)
	after, _, err := r.Server.Apply(ctx, ref, trial, server.Apply{Manager: r.opts.FieldManager, DryRun: true})
	if err != nil && !apierrors.IsForbidden(err) { // a role may be for certain names only
		return err
	}
	if err != nil {
		after = trial
	}
	after.SetName(t.Name)
	t.recreate, t.judged, t.migration = true, true, nil
	t.becomes(change.Recreated, t.live, after)
	return nil
}

func (r *run) mayRecreate(t *item) bool {
	listed := slices.ContainsFunc(r.opts.Recreate, func(kind string) bool {
		return strings.EqualFold(kind, t.Kind.Kind) || strings.EqualFold(kind, t.Kind.GroupKind().String())
	})
	return explain.Recreatable(t.Ref) && (listed || t.desired.GetAnnotations()[recreateAnnotation] == "true")
}

// recreate deletes the live object and applies the new one in its place. From the deletion on, the change counts.
func (r *run) recreate(ctx context.Context, t *item) error {
	if err := r.DeleteAndWait(ctx, t.Ref, t.live, r.opts.DeleteTimeout); err != nil {
		return err
	}
	t.done = true
	t.becomes(change.Recreated, t.live, nil)
	after, _, err := r.Server.Apply(ctx, t.Ref, t.desired, r.how(false))
	if err != nil {
		return err
	}
	t.becomes(change.Recreated, t.live, after)
	return nil
}

// readRecreated notes how far the recreation of an object came whose answer was lost.
func (r *run) readRecreated(t *item, live *unstructured.Unstructured, exists bool) {
	before := t.live
	switch {
	case !exists:
		t.done = true
		t.becomes(change.Recreated, before, nil)
	case live.GetUID() == before.GetUID():
		t.done = false
	default:
		t.done = true
		t.becomes(change.Recreated, before, live)
	}
}
