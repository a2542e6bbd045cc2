package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/explain"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/ownership"
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
	t.becomes(Recreated, t.live, after)
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
	if err := r.deleteAndWait(ctx, t, t.live); err != nil {
		return err
	}
	t.done = true
	t.becomes(Recreated, t.live, nil)
	after, _, err := r.Server.Apply(ctx, t.Ref, t.desired, r.how(false))
	if err != nil {
		return err
	}
	t.becomes(Recreated, t.live, after)
	return nil
}

// deleteAndWait returns when the object is gone. The pods and claims of a StatefulSet stay.
func (r *run) deleteAndWait(ctx context.Context, t *item, live *unstructured.Unstructured) error {
	uid := live.GetUID()
	orphan := t.Kind.Kind == "StatefulSet"
	err := r.Retry(ctx, func() error { return r.Delete(ctx, t.Ref, &metav1.Preconditions{UID: &uid}, orphan) })
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return err
	}
	var finalizers []string
	gone := func(ctx context.Context) (bool, error) {
		now, err := r.Get(ctx, t.Ref)
		if apierrors.IsNotFound(err) || err == nil && now.GetUID() != uid {
			return true, nil
		}
		if err == nil {
			finalizers = now.GetFinalizers()
		}
		return false, err
	}
	err = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, r.opts.DeleteTimeout, true, gone)
	if wait.Interrupted(err) && ctx.Err() == nil {
		return &server.Refusal{
			Why: fmt.Sprintf("it was deleted to be created again, and is still there after %s: its finalizers are %s",
				r.opts.DeleteTimeout, strings.Join(finalizers, ", ")),
			Fix: "See what holds them up, then deploy again.",
		}
	}
	return err
}

// readRecreated notes how far the recreation of an object came whose answer was lost.
func (r *run) readRecreated(t *item, live *unstructured.Unstructured, exists bool) {
	before := t.live
	switch {
	case !exists:
		t.done = true
		t.becomes(Recreated, before, nil)
	case live.GetUID() == before.GetUID():
		t.done = false
	default:
		t.done = true
		t.becomes(Recreated, before, live)
	}
}

// recreateEarlier puts the earlier object in the place of the one that was created for it.
func (r *run) recreateEarlier(ctx context.Context, t *item) error {
	before, after := t.change.Before, t.change.After
	if t.Kind.Kind == "Job" {
		return errors.New("the earlier Job has run and is not run again; the new one stays")
	}
	if after != nil {
		if err := r.deleteAndWait(ctx, t, after); err != nil {
			return err
		}
	}
	fields := ownership.Owned(before, r.opts.FieldManager)
	was := before.DeepCopy()
	if fields != nil {
		was.Object = ownership.PickFields(before.Object, fields)
	}
	was.SetGroupVersionKind(before.GroupVersionKind())
	was.SetNamespace(before.GetNamespace())
	was.SetName(before.GetName())
	was.SetManagedFields(nil)
	unstructured.RemoveNestedField(was.Object, "status")
	for _, field := range []string{"uid", "resourceVersion", "generation", "creationTimestamp"} {
		unstructured.RemoveNestedField(was.Object, "metadata", field)
	}
	back, _, err := r.Server.Apply(ctx, t.Ref, was, server.Apply{Manager: r.opts.FieldManager, Force: true})
	if err != nil {
		return err
	}
	t.becomes(RolledBack, after, back)
	t.done = true
	return nil
}
