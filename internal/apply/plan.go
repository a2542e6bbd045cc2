package apply

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// Plan says what Apply and, with an inventory, Prune would do to the cluster, and does nothing. Each Change holds the
// object as it is and as the API server says it would be, defaults and admission included. Objects that rest on a
// namespace or a kind that Apply would first create are shown as their manifests have them: no server can judge them
// yet.
//
// Findings are those of Apply; the ChangeSet has no entry for an object that has one. An error is about the cluster,
// not about the objects.
func (a *Applier) Plan(
	ctx context.Context, objects []*unstructured.Unstructured, opts Options,
) (ChangeSet, []finding.Finding, error) {
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
	leaving, refused, err := r.planPrune(ctx)
	return append(set, leaving...), append(findings, refused...), err
}

func (r *run) planPrune(ctx context.Context) (ChangeSet, []finding.Finding, error) {
	removed, _, err := r.removed(ctx)
	findings, err := r.judge(ctx, r.inventory().Ref(), err)
	for stage := stageCount - 1; stage >= 0 && err == nil; stage-- {
		var refused []finding.Finding
		refused, err = removed.each(ctx, stage, func(ctx context.Context, t *item) error {
			live, err := removed.prunable(ctx, t)
			if live != nil {
				t.becomes(Pruned, live, nil)
			}
			return err
		})
		findings = append(findings, refused...)
	}
	return removed.changes(), findings, err
}

// changes returns what is known about each item, in the order of the manifests.
func (r *run) changes() ChangeSet {
	var set ChangeSet
	for _, t := range r.items {
		if t.change.Object != "" {
			set = append(set, t.change)
		}
	}
	return set
}
