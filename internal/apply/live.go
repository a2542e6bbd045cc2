package apply

import (
	"cmp"
	"context"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/explain"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// collection is all objects of one kind in one namespace.
type collection struct {
	schema.GroupVersionResource
	namespace string
}

// readLive reads the live objects of the set: one paged list per collection, or a get where the set has one object of
// it. What can't be read now is asked about when it is needed, and the reason is reported then.
func (r *run) readLive(ctx context.Context) {
	known := r.known()
	if !known {
		r.readCollections(ctx)
	}
	for _, t := range r.items {
		t.tools = explain.ToolsOf(t.live, r.opts.TakeOverFrom)
	}
	scaled, namespaces := r.scaled()
	if !known {
		r.hpas = r.autoscalers(ctx, namespaces)
	}
	r.yieldToAutoscalers(scaled)
}

func (r *run) readCollections(ctx context.Context) {
	collections := map[collection][]*item{}
	for _, t := range r.items {
		c := collection{t.Resource, t.Namespace}
		collections[c] = append(collections[c], t)
	}
	var group errgroup.Group
	group.SetLimit(r.opts.Concurrency)
	for _, items := range collections {
		group.Go(func() error { r.readCollection(ctx, items); return nil })
	}
	_ = group.Wait() // none returns an error
}

func (r *run) readCollection(ctx context.Context, items []*item) {
	complete := false
	if len(items) > 1 {
		complete = r.list(ctx, items)
	}
	for _, t := range items {
		if t.live != nil || complete {
			continue
		}
		if live, err := r.Get(ctx, t.Ref); err == nil {
			t.found(live)
		}
	}
}

// list reads a collection, and reports whether it has read all of it. A collection with many more objects than the set
// has of it is not read to its end.
func (r *run) list(ctx context.Context, items []*item) (complete bool) {
	first := items[0]
	namespace := cmp.Or(first.manifest.GetNamespace(), r.opts.Namespace)
	listing := r.Listing(ctx, first.manifest.GroupVersionKind(), namespace, first.Ref)
	complete, err := listing.Each(ctx, 4*len(items), func(live *unstructured.Unstructured) {
		if t, ok := r.byKey[object.KeyOf(live)]; ok && t.Resource == first.Resource { // of the same version
			t.found(live)
		}
	})
	return complete && err == nil
}
