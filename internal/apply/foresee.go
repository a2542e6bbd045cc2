package apply

import (
	"context"
	"errors"
	"reflect"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// Foresee returns a function that says what an apply would leave of a single object, by a dry run. It is about what the
// object becomes, not about whether it may: what other managers own counts as taken over. The Reading of the options
// keeps the answers, so that a Check of the same object need not ask again.
func (a *Applier) Foresee(opts Options) func(context.Context, *unstructured.Unstructured) (
	*unstructured.Unstructured, error) {
	return func(ctx context.Context, o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
		r, findings, err := a.prepare(ctx, []*unstructured.Unstructured{o}, opts)
		if err != nil {
			return nil, err
		}
		if len(findings) > 0 {
			return nil, errors.New(findings[0].Message)
		}
		if !r.known() {
			r.readCollections(ctx)
		}
		t, heard := r.items[0], &warnings{}
		after, created, err := r.tryApply(server.Listening(ctx, heard.add, t.String()), t)
		if isConflict(err) {
			r.opts.ForceConflicts = true
			after, _, err = r.tryApply(ctx, t)
			return after, err
		}
		if err == nil && t.migration == nil {
			opts.Reading.keep(t, &answer{t.desired, t.live, after.DeepCopy(), created, heard.all})
		}
		return after, err
	}
}

func isConflict(err error) bool {
	var fields server.FieldConflicts
	return errors.As(err, &fields) || len(server.Conflicts(err)) > 0
}

// answer is what the API server answered to the dry run of an object, and what it warned of.
type answer struct {
	desired, live, after *unstructured.Unstructured
	created              bool
	warnings             []progress.Event
}

// warnings collects events.
type warnings struct {
	mu  sync.Mutex
	all []progress.Event
}

func (w *warnings) add(e progress.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, e)
}

// keep keeps an answer for the next who would ask the same.
func (r *Reading) keep(t *item, a *answer) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answers == nil {
		r.answers = map[*unstructured.Unstructured]*answer{}
	}
	r.answers[t.manifest] = a
}

// answered returns, once, the answer to the dry run of an item, if it was the same that would be asked now: of the same
// live object, and of what the run makes of the manifest.
func (r *run) answered(t *item) (*answer, bool) {
	reading := r.opts.Reading
	if reading == nil {
		return nil, false
	}
	reading.mu.Lock()
	defer reading.mu.Unlock()
	a, ok := reading.answers[t.manifest]
	delete(reading.answers, t.manifest)
	return a, ok && a.live == t.live && reflect.DeepEqual(a.desired.Object, t.desired.Object)
}

// dryRun asks what would become of the object, unless that is known.
func (r *run) dryRun(ctx context.Context, t *item) (after *unstructured.Unstructured, created bool, err error) {
	a, ok := r.answered(t)
	if !ok || r.migration(ctx, t, t.live) != nil {
		return r.tryApply(ctx, t)
	}
	for _, warning := range a.warnings {
		r.opts.Progress(warning)
	}
	return a.after, a.created, nil
}
