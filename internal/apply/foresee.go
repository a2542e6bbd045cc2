package apply

import (
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Foresee returns a function that says what an apply would leave of a single object, by a dry run. It is about what the
// object becomes, not about whether it may: what other managers own counts as taken over.
func (a *Applier) Foresee(opts Options) func(context.Context, *unstructured.Unstructured) (
	*unstructured.Unstructured, error) {
	opts.ForceConflicts, opts.Progress = true, nil
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
		after, _, err := r.tryApply(ctx, r.items[0])
		return after, err
	}
}
