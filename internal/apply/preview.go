package apply

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/diff"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// preview asks the API server, in a dry run, about each object that it can judge now and has not yet judged.
// What rests on something this run has yet to bring stays unsettled and is asked about again after that.
func (r *run) preview(ctx context.Context) ([]finding.Finding, error) {
	var refused []finding.Finding
	for stage := range stageCount {
		findings, err := r.each(ctx, stage, func(ctx context.Context, t *item) error {
			if t.judged {
				return nil
			}
			return r.previewOne(server.Listening(ctx, r.opts.Progress, t.String()), t)
		})
		refused = append(refused, findings...)
		if err != nil {
			return refused, err
		}
	}
	return refused, nil
}

func (r *run) previewOne(ctx context.Context, t *item) error {
	rests := r.pending(t)
	if rests == Created {
		// No use asking: the answer would be "not found". Nothing can be there yet either.
		t.becomes(Created, nil, t.desired)
		return nil
	}
	err := r.ask(ctx, t)
	if rests == Configured && server.AtFault(err) {
		// Once the definition or namespace has changed, this may well be a good object.
		return r.unseen(ctx, t)
	}
	return err
}

// ask previews an object with a dry run and, if it is there, compares it as it is. Both must be of one
// resourceVersion (a dry run answers with the one it worked on): should a controller have written in between, it asks
// again. That is over in a moment, or a fourth answer is taken as it is.
func (r *run) ask(ctx context.Context, t *item) error {
	before := t.seen
	for range 4 {
		after, created, err := r.Server.Apply(ctx, t.Ref, t.desired, r.how(true))
		if err != nil {
			return err
		}
		t.judged = true
		if created {
			t.becomes(Created, nil, after)
			return nil
		}
		if before == nil || before.GetResourceVersion() != after.GetResourceVersion() {
			if before, err = r.Get(ctx, t.Ref); err != nil {
				return err
			}
		}
		if err := r.checkHolder(ctx, t, before); err != nil {
			return err
		}
		if r.keepMark(t, before) {
			continue
		}
		t.becomes(r.compared(before, after), before, after)
		if t.change.Action == Unchanged || before.GetResourceVersion() == after.GetResourceVersion() {
			return nil
		}
	}
	return nil
}

// unseen previews an object without a dry run: all that is known is whether it is there.
func (r *run) unseen(ctx context.Context, t *item) error {
	before, err := r.Get(ctx, t.Ref)
	switch {
	case apierrors.IsNotFound(err):
		t.becomes(Created, nil, t.desired)
	case err != nil:
		return err
	default:
		t.becomes(Configured, before, before)
		return r.checkHolder(ctx, t, before)
	}
	return nil
}

func (r *run) how(dryRun bool) server.Apply {
	return server.Apply{Manager: r.opts.FieldManager, Force: r.opts.ForceConflicts, DryRun: dryRun}
}

func (r *run) compared(before, after *unstructured.Unstructured) Action {
	if diff.Equal(before, after, r.opts.FieldManager) {
		return Unchanged
	}
	return Configured
}
