package apply

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

// readBack reads the objects whose change was sent but not answered, since each may have been changed all the same.
// The error names those that can't be read either.
func (r *run) readBack(ctx context.Context) error {
	var lost []*item
	for _, t := range r.items {
		if t.lost {
			lost = append(lost, t)
		}
	}
	patience := r.opts.Patience
	if ctx.Err() != nil {
		patience = r.opts.InterruptGrace // a runner kills an interrupted job soon
	}
	patient := r.Patient(patience)
	var group errgroup.Group
	group.SetLimit(r.opts.Concurrency)
	for _, t := range lost {
		group.Go(func() error { r.readBackOne(context.WithoutCancel(ctx), patient, t); return nil })
	}
	_ = group.Wait() // none returns an error
	var unread []string
	for _, t := range lost {
		if t.change.Unconfirmed {
			unread = append(unread, t.String())
		}
	}
	if len(unread) == 0 {
		return nil
	}
	return fmt.Errorf("the answer was lost and the API server can't be asked again, "+
		"so these may have been changed or not: %s", strings.Join(unread, ", "))
}

// readBackOne finds out whether the object was changed. One that can't be read counts as changed.
func (r *run) readBackOne(ctx context.Context, s *server.Server, t *item) {
	live, err := s.Get(ctx, t.Ref)
	t.lost, t.change.Unconfirmed = false, false
	switch {
	case t.recreate && (err == nil || apierrors.IsNotFound(err)):
		r.readRecreated(t, live, err == nil)
	case apierrors.IsNotFound(err):
		t.done = false
	case err != nil:
		t.done, t.change.Unconfirmed = true, true
	default:
		r.applied(t, live, false)
		appeared := t.change.Action == change.Configured && t.change.Before == nil // it is someone else's
		t.done = t.change.Action != change.Unchanged && !appeared
	}
}
