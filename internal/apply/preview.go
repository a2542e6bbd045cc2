package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/ownership"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/stage"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// preview asks the API server, in a dry run, about each object that it can judge now and has not yet judged.
// What rests on something this run has yet to bring stays unsettled and is asked about again after that.
func (r *run) preview(ctx context.Context) ([]finding.Finding, error) {
	var refused []finding.Finding
	for at := range stage.Count {
		findings, err := r.each(ctx, at, func(ctx context.Context, t *item) error {
			if t.judged {
				return nil
			}
			err := r.previewOne(server.Listening(ctx, r.opts.Progress, t.String()), t)
			r.release(t)
			return err
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
	if rests == change.Created {
		// No use asking: the answer would be "not found". Nothing can be there yet either.
		t.becomes(change.Created, nil, t.desired)
		return nil
	}
	if rests == change.Unchanged {
		if applied, err := r.isApplied(ctx, t); applied || err != nil {
			return err
		}
	}
	err := r.ask(ctx, t)
	if finding.RefusesDryRuns(err) {
		t.judged, t.unproven = true, err
		return r.unseen(ctx, t)
	}
	if rests == change.Configured && server.AtFault(err) && !r.isLasting(t, err) {
		// Once the definition or namespace has changed, this may well be a good object.
		return r.unseen(ctx, t)
	}
	return err
}

// isLasting reports whether a refusal stays whatever becomes of the namespace: a conflict of fields, and a field that
// is invalid by its own kind, unless a definition of the run changes that.
func (r *run) isLasting(t *item, err error) bool {
	_, defined := r.defines[t.Key().GroupKind]
	conflicts := (server.FieldConflicts)(nil)
	return errors.As(err, &conflicts) || apierrors.IsConflict(err) || apierrors.IsInvalid(err) && !defined
}

// release drops what is no longer needed of an object that was judged: most of a live object is often its managed
// fields.
func (r *run) release(t *item) {
	if !t.judged {
		return
	}
	for _, u := range []*unstructured.Unstructured{t.change.Before, t.change.After} {
		if u != nil {
			ownership.KeepOnly(u, r.opts.FieldManager)
		}
	}
}

// isApplied judges an object by what was read of it alone, where that proves that nothing would change.
func (r *run) isApplied(ctx context.Context, t *item) (bool, error) {
	if live, ok := r.opts.Reading.Unchanged(t.manifest); ok {
		t.judged = true
		t.becomes(change.Unchanged, live, live)
		return true, nil
	}
	if t.live == nil {
		return false, nil
	}
	if err := r.holders.Check(ctx, t.Key(), t.live); err != nil {
		return false, err
	}
	r.inventory().KeepMark(t.desired, t.live)
	if !ownership.IsApplied(t.live, t.desired, r.opts.FieldManager) || r.migration(ctx, t, t.live) != nil {
		return false, nil
	}
	t.judged = true
	t.becomes(change.Unchanged, t.live, t.live)
	return true, nil
}

// ask previews an object with a dry run and, if it is there, compares it as it is. Both must be of one
// resourceVersion (a dry run answers with the one it worked on): should a controller have written in between, it asks
// again. That is over in a moment, or a fourth answer is taken as it is.
func (r *run) ask(ctx context.Context, t *item) error {
	for range 4 {
		if again, err := r.askOnce(ctx, t); err != nil || !again {
			return err
		}
	}
	return nil
}

func (r *run) askOnce(ctx context.Context, t *item) (again bool, err error) {
	if t.live != nil {
		if err := r.holders.Check(ctx, t.Key(), t.live); err != nil {
			return false, err
		}
		r.inventory().KeepMark(t.desired, t.live)
	}
	known := t.live != nil
	after, created, err := r.dryRun(ctx, t)
	if server.IsLostRace(err) || err != nil && !known && r.reads(ctx, t) {
		return r.reads(ctx, t), nil
	}
	if err == nil {
		err = r.keptHeadless(t, after)
	}
	if err != nil {
		if fields := server.ConflictsOf(err, t.live); len(fields) > 0 {
			err = fields
		}
		return false, r.previewRecreation(ctx, t, err)
	}
	t.judged = true
	if created {
		t.becomes(change.Created, nil, after)
		return false, nil
	}
	if !known || t.live.GetResourceVersion() != after.GetResourceVersion() {
		live, err := r.Get(ctx, t.Ref)
		if err != nil {
			return false, err
		}
		t.found(live)
		again = true
	}
	t.becomes(change.ActionOf(t.live, after, r.opts.FieldManager, t.migration != nil), t.live, after)
	return again && (!known || t.change.Action != change.Unchanged), nil
}

// reads reads the live object, and reports whether it is there.
func (r *run) reads(ctx context.Context, t *item) bool {
	live, err := r.Get(ctx, t.Ref)
	if err == nil {
		t.found(live)
	}
	return err == nil
}

// unseen previews an object without a dry run: all that is known is whether it is there.
func (r *run) unseen(ctx context.Context, t *item) error {
	before, err := r.Get(ctx, t.Ref)
	switch {
	case apierrors.IsNotFound(err):
		t.becomes(change.Created, nil, t.desired)
	case err != nil:
		return err
	default:
		t.becomes(change.Configured, before, before)
		return r.holders.Check(ctx, t.Key(), before)
	}
	return nil
}

func (r *run) how(dryRun bool) server.Apply {
	return server.Apply{Manager: r.opts.FieldManager, Force: r.opts.ForceConflicts, DryRun: dryRun}
}

// unproven reports the objects that no dry run could be made of, once for each reason.
func (r *run) unproven() []finding.Finding {
	names := map[string][]string{}
	var reasons []string
	for _, t := range r.items {
		if t.unproven == nil {
			continue
		}
		reason := strings.TrimPrefix(finding.OneLine(t.unproven.Error()), t.String()+": ")
		if names[reason] == nil {
			reasons = append(reasons, reason)
		}
		names[reason] = append(names[reason], t.String())
	}
	var all []finding.Finding
	for _, reason := range reasons {
		all = append(all, finding.Finding{Code: finding.PlanIncomplete, Severity: finding.Warning,
			Message: fmt.Sprintf("What the API server makes of %s is not known before the apply, since it refuses dry runs: %s.",
				finding.Few(names[reason]), strings.TrimSuffix(reason, ".")),
			Fix: "Have the webhook answer dry runs: sideEffects None, or NoneOnDryRun where it does nothing in them.",
		})
	}
	return all
}
