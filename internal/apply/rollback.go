package apply

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/explain"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/ownership"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

// Rollback takes back what Apply did: first what it configured is set back, stage by stage, so that pods that start
// again find what they used to; then what it created is deleted, backwards. The ChangeSet names what was rolled back.
//
// Only fields that the run, or the run before it, set are touched: they get the values they had, or are removed if
// they were not there. What others changed meanwhile stays. An object that was deleted meanwhile, or replaced by
// another of its name, stays as it is. One object that can't be rolled back does not stop the others; the error names
// each. While the API server does not answer, requests are repeated for opts.Patience.
func (a *Applier) Rollback(ctx context.Context, changes ChangeSet, opts Options) (ChangeSet, error) {
	opts = opts.complete()
	r := &run{Applier: &Applier{Server: a.Patient(opts.Patience)}, opts: opts}
	for _, c := range changes {
		if c.Action == Created || c.Action == Configured || c.Action == Recreated {
			r.items = append(r.items, &item{Ref: c.ref, desired: c.After, change: c})
		}
	}
	var failed []error
	for stage := range stageCount {
		failed = append(failed, r.backward(ctx, stage, Configured, r.restore))
		failed = append(failed, r.backward(ctx, stage, Recreated, r.recreateEarlier))
	}
	for stage := stageCount - 1; stage >= 0; stage-- {
		failed = append(failed, r.backward(ctx, stage, Created, r.uncreate))
	}
	return r.reached(), errors.Join(failed...)
}

// backward undoes the changes of a kind in a stage, side by side.
func (r *run) backward(ctx context.Context, stage int, action Action, undo func(context.Context, *item) error) error {
	failed := make([]error, len(r.items))
	var group errgroup.Group
	group.SetLimit(r.opts.Concurrency)
	for i, t := range r.items {
		if t.stage() != stage || t.change.Action != action || t.done {
			continue
		}
		group.Go(func() error {
			if err := r.undoOne(ctx, t, undo); err != nil {
				failed[i] = fmt.Errorf("%s was not rolled back: %w", t, err)
			}
			return nil
		})
	}
	_ = group.Wait() // none returns an error
	return errors.Join(failed...)
}

func (r *run) undoOne(ctx context.Context, t *item, undo func(context.Context, *item) error) error {
	if t.change.Unconfirmed {
		r.readBackOne(ctx, r.Server, t)
		if t.change.Unconfirmed {
			t.done = false
			return errors.New("the API server does not answer, so whether it was changed is not known")
		}
		if !t.done {
			return nil // it never was
		}
		t.done = false
	}
	err := undo(ctx, t)
	if err != nil && server.AtFault(err) {
		return errors.New(explain.Reason(t.Ref, err))
	}
	return err
}

// restore applies what our fields were before the run. It is an apply and no update, since an update would make the
// fields another manager's in the API server's eyes (same name, other operation), and the next deploy would conflict
// with it.
func (r *run) restore(ctx context.Context, t *item) error {
	before, after := t.change.Before, t.change.After
	if before == nil {
		return &server.Refusal{Why: "it appeared while it was being applied, so what it was is not known: it stays as it is"}
	}
	ours := ownership.Union(ownership.Owned(before, r.opts.FieldManager), ownership.Owned(after, r.opts.FieldManager))
	was := &unstructured.Unstructured{Object: ownership.PickFields(before.Object, ours)}
	was.SetGroupVersionKind(before.GroupVersionKind())
	was.SetNamespace(before.GetNamespace())
	was.SetName(before.GetName())
	// With its uid in it, the apply fails rather than create what someone has deleted.
	was.SetUID(before.GetUID())
	back, _, err := r.Server.Apply(ctx, t.Ref, was, server.Apply{Manager: r.opts.FieldManager, Force: true})
	if err != nil {
		return err
	}
	t.becomes(RolledBack, after, back)
	t.done = true
	return nil
}

func (r *run) uncreate(ctx context.Context, t *item) error {
	uid, tries := t.change.After.GetUID(), 0
	err := r.Retry(ctx, func() error {
		tries++
		return r.Delete(ctx, t.Ref, &metav1.Preconditions{UID: &uid}, false)
	})
	ours := apierrors.IsNotFound(err) && tries > 1 // the answer to an earlier try was lost
	if !ours && (apierrors.IsNotFound(err) || apierrors.IsConflict(err)) {
		return nil // it is gone; a conflict means that its name has another uid now
	}
	if !ours && err != nil {
		return err
	}
	t.becomes(RolledBack, t.change.After, nil)
	t.done = true
	return nil
}
