// Package follow lists and watches resources of a cluster, keeps on through whatever ends a watch, and says how that
// goes: what may not be watched, and when the API server is lost.
package follow

import (
	"cmp"
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// Stream is one list and watch: a resource in a namespace ("" for cluster-scoped ones).
type Stream struct {
	schema.GroupVersionResource
	Namespace string
	// Fields is a field selector, or "".
	Fields string
	// Optional streams add detail; a cluster that forbids them is still watched.
	Optional bool
}

// Change is one piece of news from the cluster: an object seen or gone, or how a request went.
type Change struct {
	From   Stream
	Object *unstructured.Unstructured
	Gone   bool
	// Err is what a request ended with; a change with neither object nor error says that one succeeded.
	Err error
}

// Follow watches all streams until ctx ends and sends what it sees.
func Follow(ctx context.Context, client dynamic.Interface, streams []Stream) <-chan Change {
	changes := make(chan Change)
	for _, s := range streams {
		go (&follower{stream: s, client: client, changes: changes}).run(ctx)
	}
	return changes
}

// follower keeps one stream alive by client-go's reflector, which lists, watches and lists again where it must. It is
// between the reflector and the API to learn how requests go: a reflector itself reports no refused connection.
type follower struct {
	stream  Stream
	client  dynamic.Interface
	changes chan<- Change
	expiry  expiry
}

func (f *follower) run(ctx context.Context) {
	var quiet klog.Logger // the zero Logger drops what it gets
	ctx, stop := context.WithCancel(klog.NewContext(ctx, quiet))
	defer stop()
	source := f.source(func(err error) {
		f.send(ctx, Change{From: f.stream, Err: err})
		if isForbidden(err) {
			stop()
		}
	})
	// Retries stay quick, so that an API server that comes back is noticed well before it counts as lost.
	retry := &wait.Backoff{Duration: 500 * time.Millisecond, Factor: 1.5, Cap: 2 * time.Second, Steps: 10, Jitter: 0.2}
	names := &store{from: f.stream, send: func(c Change) { f.send(ctx, c) },
		known: map[object.Key]*unstructured.Unstructured{}}
	options := cache.ReflectorOptions{Logger: &quiet, Backoff: retry}
	cache.NewReflectorWithOptions(source, &unstructured.Unstructured{}, names, options).RunWithContext(ctx)
}

// source lists and watches the stream, and notes how each request went.
func (f *follower) source(note func(error)) *cache.ListWatch {
	resource := f.client.Resource(f.stream.GroupVersionResource).Namespace(f.stream.Namespace)
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.FieldSelector = f.stream.Fields
			list, err := resource.List(ctx, o)
			note(err)
			if err != nil {
				return nil, err
			}
			return list, nil
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.FieldSelector = f.stream.Fields
			if err := f.expiry.begin(ctx); err != nil {
				return nil, err
			}
			w, err := resource.Watch(ctx, o)
			if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
				err = cmp.Or(f.expiry.note(time.Now()), err)
			}
			note(err)
			if err != nil {
				return nil, err
			}
			return f.observe(ctx, w), nil
		},
	}
}

func (f *follower) send(ctx context.Context, c Change) {
	select {
	case f.changes <- c:
	case <-ctx.Done():
	}
}
