package apply

import (
	"context"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

// worthListing is how many objects of a kind in a namespace make one list cheaper than a get for each.
const worthListing = 16

// collection is all objects of one kind in one namespace.
type collection struct {
	schema.GroupVersionResource
	namespace string
}

// readLive reads the live objects of the bigger collections of the set: one request each, which returns no more than twice
// what the set has, however many others there are. An object that it misses is read by itself when it is needed,
// and so is all of a collection that these credentials may not list.
func (r *run) readLive(ctx context.Context) {
	collections := map[collection][]*item{}
	for _, t := range r.items {
		c := collection{t.Resource, t.Namespace}
		collections[c] = append(collections[c], t)
	}
	var group errgroup.Group
	group.SetLimit(r.opts.Concurrency)
	for _, items := range collections {
		if len(items) >= worthListing {
			group.Go(func() error { r.list(ctx, items); return nil })
		}
	}
	_ = group.Wait() // none returns an error
}

func (r *run) list(ctx context.Context, items []*item) {
	live, err := r.List(ctx, items[0].Ref, 2*len(items))
	if err != nil {
		return
	}
	for i := range live {
		if t, ok := r.byKey[server.KeyOf(&live[i])]; ok {
			t.seen = &live[i]
		}
	}
}
