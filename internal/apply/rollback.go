package apply

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/ownership"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// Rollback takes back what Apply did: first what it configured is set back, stage by stage, so that pods that start
// again find what they used to; then what it created is deleted, backwards. The ChangeSet names what was rolled back.
//
// Only fields that the run, or the run before it, set are touched: they get the values they had, or go if they were not
// there. What others changed meanwhile stays. An object that was deleted meanwhile, or replaced by another of
// its name, stays as it is. What could not be rolled back is in the error; the rest goes on.
func (a *Applier) Rollback(ctx context.Context, changes ChangeSet, opts Options) (ChangeSet, error) {
	r, err := a.returning(ctx, changes, opts)
	if err != nil {
		return nil, err
	}
	var failed []error
	for stage := range stageCount {
		failed = append(failed, r.backward(ctx, stage, Configured, r.restore))
	}
	for stage := stageCount - 1; stage >= 0; stage-- {
		failed = append(failed, r.backward(ctx, stage, Created, r.uncreate))
	}
	return r.applied(), errors.Join(failed...)
}

// returning makes items of what a run changed.
func (a *Applier) returning(ctx context.Context, changes ChangeSet, opts Options) (*run, error) {
	mapper, err := a.Discover(ctx)
	if err != nil {
		return nil, err
	}
	r := &run{Applier: a, opts: opts.complete(), mapper: mapper}
	for _, c := range changes {
		if c.Action != Created && c.Action != Configured {
			continue
		}
		resource, _, err := r.locate(ctx, c.After.GroupVersionKind())
		t := &item{Ref: server.RefOf(c.After, resource), desired: c.After, change: c}
		if err != nil {
			return nil, fmt.Errorf("%s: rolling back: %w", t, err)
		}
		r.items = append(r.items, t)
	}
	return r, nil
}

func (r *run) backward(ctx context.Context, stage int, action Action, undo func(context.Context, *item) error) error {
	findings, err := r.each(ctx, stage, func(ctx context.Context, t *item) error {
		if t.change.Action != action {
			return nil
		}
		return undo(ctx, t)
	})
	return errors.Join(asError(findings), err)
}

// restore applies what our fields were before the run. It is an apply and no update, since an update would make the
// fields another manager's in the API server's eyes (same name, other operation), and the next deploy would conflict with it.
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
	uid := t.change.After.GetUID()
	err := server.Retry(ctx, func() error { return r.Delete(ctx, t.Ref, &metav1.Preconditions{UID: &uid}) })
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil // it is gone; a conflict means that its name has another uid now
	}
	if err != nil {
		return err
	}
	t.becomes(RolledBack, t.change.After, nil)
	t.done = true
	return nil
}

func asError(findings []finding.Finding) error {
	var all []error
	for _, f := range findings {
		all = append(all, errors.New(f.Message))
	}
	return errors.Join(all...)
}
