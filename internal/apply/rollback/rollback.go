// Package rollback takes back what an apply did.
package rollback

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/explain"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/stage"
)

// Pass takes back what an apply did.
type Pass struct {
	// Server repeats requests while the API server does not answer.
	*server.Server
	// Manager is the field manager of the apply.
	Manager string
	// DeleteTimeout is how long an object that is deleted may take to be gone.
	DeleteTimeout time.Duration
	// Concurrency is how many objects are on their way to the API server at once.
	Concurrency int
}

// step is one change to be undone. Once done it is what became of the object by that.
type step struct {
	server.Ref
	change change.Change
	done   bool
}

// Undo undoes changes: first what was configured, stage by stage; then, backwards, what was created. The set names what
// was rolled back, and the error each object that was not.
func (u Pass) Undo(ctx context.Context, changes change.Set) (change.Set, error) {
	var steps []*step
	for _, c := range changes {
		if c.Action == change.Created || c.Action == change.Configured || c.Action == change.Recreated {
			steps = append(steps, &step{Ref: c.Ref, change: c})
		}
	}
	var failed []error
	for at := range stage.Count {
		failed = append(failed, u.stage(ctx, steps, at, change.Configured, u.restore))
		failed = append(failed, u.stage(ctx, steps, at, change.Recreated, u.recreateEarlier))
	}
	for at := stage.Count - 1; at >= 0; at-- {
		failed = append(failed, u.stage(ctx, steps, at, change.Created, u.uncreate))
	}
	var set change.Set
	for _, t := range steps {
		if t.done {
			set = append(set, t.change)
		}
	}
	return set, errors.Join(failed...)
}

// stage undoes the changes of an action in a stage, side by side.
func (u Pass) stage(ctx context.Context, steps []*step, at int, action change.Action,
	undo func(context.Context, *step) error) error {
	failed := make([]error, len(steps))
	var group errgroup.Group
	group.SetLimit(u.Concurrency)
	for i, t := range steps {
		if stage.Of(t.Key().GroupKind) != at || t.change.Action != action || t.done {
			continue
		}
		group.Go(func() error {
			if err := u.undoOne(ctx, t, undo); err != nil {
				failed[i] = fmt.Errorf("%s was not rolled back: %w", t, err)
			}
			return nil
		})
	}
	_ = group.Wait() // none returns an error
	return errors.Join(failed...)
}

func (u Pass) undoOne(ctx context.Context, t *step, undo func(context.Context, *step) error) error {
	if t.change.Unconfirmed {
		if made, err := u.confirm(ctx, t); err != nil || !made {
			return err
		}
	}
	err := undo(ctx, t)
	if err != nil && server.AtFault(err) {
		return errors.New(explain.Reason(t.Ref, err))
	}
	return err
}

// confirm finds out whether a change whose answer was lost was made.
func (u Pass) confirm(ctx context.Context, t *step) (made bool, err error) {
	live, err := u.Get(ctx, t.Ref)
	if apierrors.IsNotFound(err) {
		t.change.Unconfirmed = false
		return false, nil // it never was
	}
	if err != nil {
		return false, errors.New("the API server does not answer, so whether it was changed is not known")
	}
	before := t.change.Before
	t.change = change.Of(t.Ref, t.change.After, change.ActionOf(before, live, u.Manager, false), before, live)
	appeared := t.change.Action == change.Configured && before == nil // it is someone else's
	return t.change.Action != change.Unchanged && !appeared, nil
}

// becomes notes that the change is undone.
func (t *step) becomes(before, after *unstructured.Unstructured) {
	t.change = change.Of(t.Ref, t.change.After, change.RolledBack, before, after)
	t.done = true
}
