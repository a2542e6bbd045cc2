package apply

import (
	"context"
	"strconv"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// worthListing is how many objects of a kind in a namespace make one list cheaper than a get for each.
const worthListing = 16

// shelf is where the API server keeps the objects of one kind in one namespace.
type shelf struct {
	schema.GroupVersionResource
	namespace string
}

// look reads what is there of the bigger shelves of the set: one request each, which returns no more than twice what the
// set has, however much of others' stands there. An object that it misses is read by itself when it is needed,
// and so is all of a shelf that these credentials may not list.
func (r *run) look(ctx context.Context) {
	shelves := map[shelf][]*target{}
	for _, t := range r.targets {
		s := shelf{t.resource, t.desired.GetNamespace()}
		shelves[s] = append(shelves[s], t)
	}
	var group errgroup.Group
	group.SetLimit(r.opts.Concurrency)
	for _, targets := range shelves {
		if len(targets) >= worthListing {
			group.Go(func() error { r.lookAt(ctx, targets); return nil })
		}
	}
	_ = group.Wait() // none returns an error
}

func (r *run) lookAt(ctx context.Context, targets []*target) {
	path := targets[0].path()
	list := &unstructured.UnstructuredList{}
	err := r.rest.Get().AbsPath(path[:len(path)-1]...).Param("limit", strconv.Itoa(2*len(targets))).Do(ctx).Into(list)
	if err != nil {
		return
	}
	for i := range list.Items {
		if t, ok := r.byKey[keyOf(&list.Items[i])]; ok {
			t.seen = &list.Items[i]
		}
	}
}
