package server

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Ahead asks a cluster for what will be needed before it is needed.
type Ahead struct {
	*Server
	// warm is the first discovery, where it was begun; nil where not.
	warm func() (meta.RESTMapperWithContext, error)

	mu      sync.Mutex
	seen    map[expected]int
	listing map[expected]func() *Listing
}

// expected is a kind in a namespace, before it is known whether the kind has namespaces.
type expected struct {
	schema.GroupVersionKind
	namespace string
}

// Warm begins to ask which kinds the API server serves, which Mapper returns. Call it before other goroutines use the
// Ahead.
func (a *Ahead) Warm(ctx context.Context) {
	a.warm = sync.OnceValues(func() (meta.RESTMapperWithContext, error) { return a.Discover(ctx) })
	go func() { _, _ = a.warm() }() // Mapper returns the error
}

// Mapper is what Warm has learned; nil where it was not called.
func (a *Ahead) Mapper() (meta.RESTMapperWithContext, error) {
	if a.warm == nil {
		return nil, nil
	}
	return a.warm()
}

// Expect says that an object of a kind, in a namespace, will be looked for. As soon as there are two of them, these are
// listed, so that Listing has them already. That takes a Warm before.
func (a *Ahead) Expect(ctx context.Context, kind schema.GroupVersionKind, namespace string) {
	if a.warm == nil {
		return
	}
	in := expected{kind, namespace}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen == nil {
		a.seen, a.listing = map[expected]int{}, map[expected]func() *Listing{}
	}
	if a.seen[in]++; a.seen[in] == 2 {
		a.listing[in] = sync.OnceValue(func() *Listing { return a.begin(ctx, in) })
		go a.listing[in]()
	}
}

// begin lists the objects of a kind in a namespace; nil where the API server does not know the kind yet.
func (a *Ahead) begin(ctx context.Context, in expected) *Listing {
	mapper, err := a.warm()
	if err != nil {
		return nil
	}
	mapping, err := mapper.RESTMappingWithContext(ctx, in.GroupKind(), in.Version)
	if err != nil {
		return nil
	}
	ref := Ref{Kind: in.GroupVersionKind, Resource: mapping.Resource}
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		ref.Namespace = in.namespace
	}
	return a.Begin(ctx, ref)
}

// Listing is the list that has an object of a kind, expected in a namespace: one that was begun, which nobody gets
// twice, or a new one.
func (a *Ahead) Listing(ctx context.Context, kind schema.GroupVersionKind, namespace string, ref Ref) *Listing {
	in := expected{kind, namespace}
	a.mu.Lock()
	begun := a.listing[in]
	delete(a.listing, in)
	a.mu.Unlock()
	if begun != nil {
		if l := begun(); l != nil {
			return l
		}
	}
	return a.Begin(ctx, ref)
}
