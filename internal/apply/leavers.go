package apply

import (
	"context"
	"fmt"
	"maps"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// leavers returns what the inventory lists and the run doesn't have. Those of a kind that the cluster doesn't serve at
// the moment have no target: they wait for a later run.
func (r *run) leavers(ctx context.Context) (leavers *run, version string, err error) {
	entries, version, err := r.recall(ctx)
	leavers = &run{Applier: r.Applier, opts: r.opts, mapper: r.mapper, byKey: map[key]*target{}}
	for _, e := range entries {
		if _, stays := r.byKey[e.key()]; stays {
			continue
		}
		leavers.byKey[e.key()] = nil
		mapping, err := r.mapper.RESTMappingWithContext(ctx, e.key().GroupKind)
		if err != nil {
			continue
		}
		u := &unstructured.Unstructured{}
		u.SetGroupVersionKind(mapping.GroupVersionKind)
		u.SetNamespace(e.Namespace)
		u.SetName(e.Name)
		leavers.targets = append(leavers.targets, &target{desired: u, resource: mapping.Resource})
	}
	return leavers, version, err
}

// doomed looks at the live object and says whether it is to be deleted; if not, it is gone or not ours.
func (r *run) doomed(ctx context.Context, t *target) (live *unstructured.Unstructured, err error) {
	live, err = r.get(ctx, t)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if claim := claimed(live, r.opts); claim != "" {
		r.opts.Progress(progress.Message{Text: fmt.Sprintf("kept %s, which the manifests no longer have: %s", t.name(), claim)})
		return nil, nil
	}
	return live, nil
}

// forget drops from the inventory what is gone or not ours.
func (r *run) forget() {
	gone := map[key]bool{}
	for _, t := range r.targets {
		gone[t.key()] = t.settled
	}
	maps.DeleteFunc(r.byKey, func(k key, _ *target) bool { return gone[k] })
}
