package rollback

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/ownership"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

// restore applies what our fields were before the run. It is an apply and no update, since an update would make the
// fields another manager's in the API server's eyes (same name, other operation), and the next deploy would conflict
// with it.
func (u Pass) restore(ctx context.Context, t *step) error {
	before, after := t.change.Before, t.change.After
	if before == nil {
		return &server.Refusal{Why: "it appeared while it was being applied, so what it was is not known: it stays as it is"}
	}
	ours := ownership.Union(ownership.Owned(before, u.Manager), ownership.Owned(after, u.Manager))
	was := &unstructured.Unstructured{Object: ownership.PickFields(before.Object, ours)}
	was.SetGroupVersionKind(before.GroupVersionKind())
	was.SetNamespace(before.GetNamespace())
	was.SetName(before.GetName())
	// With its uid in it, the apply fails rather than create what someone has deleted.
	was.SetUID(before.GetUID())
	back, _, err := u.Apply(ctx, t.Ref, was, server.Apply{Manager: u.Manager, Force: true})
	if err != nil {
		return err
	}
	t.becomes(after, back)
	return nil
}

func (u Pass) uncreate(ctx context.Context, t *step) error {
	uid, tries := t.change.After.GetUID(), 0
	err := u.Retry(ctx, func() error {
		tries++
		return u.Delete(ctx, t.Ref, &metav1.Preconditions{UID: &uid}, false)
	})
	ours := apierrors.IsNotFound(err) && tries > 1 // the answer to an earlier try was lost
	if !ours && (apierrors.IsNotFound(err) || apierrors.IsConflict(err)) {
		return nil // it is gone; a conflict means that its name has another uid now
	}
	if !ours && err != nil {
		return err
	}
	t.becomes(t.change.After, nil)
	return nil
}

// recreateEarlier puts the earlier object in the place of the one that was created for it.
func (u Pass) recreateEarlier(ctx context.Context, t *step) error {
	before, after := t.change.Before, t.change.After
	if t.Kind.Kind == "Job" {
		return errors.New("the earlier Job has run and is not run again; the new one stays")
	}
	if after != nil {
		if err := u.DeleteAndWait(ctx, t.Ref, after, u.DeleteTimeout); err != nil {
			return err
		}
	}
	fields := ownership.Owned(before, u.Manager)
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
	back, _, err := u.Apply(ctx, t.Ref, was, server.Apply{Manager: u.Manager, Force: true})
	if err != nil {
		return err
	}
	t.becomes(after, back)
	return nil
}
