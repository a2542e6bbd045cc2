package apply

import (
	"cmp"
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

// Expected are objects that a set will have, and the lists that were begun for them.
type Expected struct {
	mu      sync.Mutex
	seen    map[expectedIn]int
	listing map[expectedIn]func() *server.Listing
}

// expectedIn is a kind in a namespace, before it is known whether the kind has namespaces.
type expectedIn struct {
	schema.GroupVersionKind
	namespace string
}

// Expect says that an object of a kind, in a namespace, will be among those of the next Read. As soon as there are two
// of them, these are listed, so that Read has them already. That takes a Warm before.
func (a *Applier) Expect(ctx context.Context, kind schema.GroupVersionKind, namespace string) {
	if a.warm == nil {
		return
	}
	e, in := &a.expected, expectedIn{kind, namespace}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.seen == nil {
		e.seen, e.listing = map[expectedIn]int{}, map[expectedIn]func() *server.Listing{}
	}
	if e.seen[in]++; e.seen[in] == 2 {
		e.listing[in] = sync.OnceValue(func() *server.Listing { return a.begin(ctx, in) })
		go e.listing[in]()
	}
}

// begin lists the objects of a kind in a namespace; nil where the API server does not know the kind yet.
func (a *Applier) begin(ctx context.Context, in expectedIn) *server.Listing {
	mapper, err := a.warm()
	if err != nil {
		return nil
	}
	mapping, err := mapper.RESTMappingWithContext(ctx, in.GroupKind(), in.Version)
	if err != nil {
		return nil
	}
	ref := server.Ref{Kind: in.GroupVersionKind, Resource: mapping.Resource}
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		ref.Namespace = in.namespace
	}
	return a.Begin(ctx, ref)
}

// listing is the list that has an item: one that was begun, which nobody gets twice, or a new one.
func (r *run) listing(ctx context.Context, t *item) *server.Listing {
	e, in := &r.expected, expectedIn{
		t.manifest.GroupVersionKind(), cmp.Or(t.manifest.GetNamespace(), r.opts.Namespace)}
	e.mu.Lock()
	begun := e.listing[in]
	delete(e.listing, in)
	e.mu.Unlock()
	if begun != nil {
		if l := begun(); l != nil {
			return l
		}
	}
	return r.Begin(ctx, t.Ref)
}
