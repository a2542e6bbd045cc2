package apply

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// Plan says what Apply and, with an inventory, Prune would do to the cluster, and does nothing. Each Change holds the
// object as it is and as the API server says it would be, defaults and admission included. Objects that rest on a
// namespace or a kind that Apply would first create are shown as their manifests have them: no server can judge them
// yet.
//
// Findings are those of Apply; the set has no entry for an object that has one. An error is about the cluster,
// not about the objects.
func (a *Applier) Plan(
	ctx context.Context, objects []*unstructured.Unstructured, opts Options,
) (change.Set, []finding.Finding, error) {
	r, findings, err := a.prepare(ctx, objects, opts)
	if err != nil {
		return nil, nil, err
	}
	r.readLive(ctx)
	refused, err := r.preview(ctx)
	set := r.changes()
	findings = slices.Concat(findings, refused, r.closing(set))
	if err != nil || opts.Inventory == "" || len(objects) == 0 {
		return set, findings, err
	}
	leaving, refused, err := r.pruning().Foresee(ctx)
	return append(set, leaving...), append(findings, refused...), err
}

// changes returns what is known about each item, in the order of the manifests.
func (r *run) changes() change.Set {
	var set change.Set
	for _, t := range r.items {
		if t.change.Object != "" {
			set = append(set, t.change)
		}
	}
	return set
}
