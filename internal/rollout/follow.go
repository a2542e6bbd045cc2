package rollout

import (
	"cmp"
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// change is one piece of news from the cluster: an object seen or gone, or how a request went.
type change struct {
	from   stream
	object *unstructured.Unstructured
	gone   bool
	// err is what a request ended with; a change with neither object nor err says that one succeeded.
	err error
}

// follow watches all streams until ctx ends and sends what it sees.
func follow(ctx context.Context, client dynamic.Interface, streams []stream) <-chan change {
	changes := make(chan change)
	for _, s := range streams {
		go (&follower{stream: s, client: client, changes: changes}).run(ctx)
	}
	return changes
}

// follower keeps one stream alive by client-go's reflector, which lists, watches and lists again where it must. It is
// between the reflector and the API to learn how requests go: a reflector itself reports no refused connection.
type follower struct {
	stream  stream
	client  dynamic.Interface
	changes chan<- change
	expiry  expiry
}

func (f *follower) run(ctx context.Context) {
	var quiet klog.Logger // the zero Logger drops what it gets
	ctx, stop := context.WithCancel(klog.NewContext(ctx, quiet))
	defer stop()
	resource := f.client.Resource(f.stream.GroupVersionResource).Namespace(f.stream.namespace)
	note := func(err error) {
		f.send(ctx, change{from: f.stream, err: err})
		if isForbidden(err) {
			stop()
		}
	}
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.FieldSelector = f.stream.fields
			list, err := resource.List(ctx, o)
			note(err)
			if err != nil {
				return nil, err
			}
			return list, nil
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.FieldSelector = f.stream.fields
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
	// Retries stay quick, so that an API server that comes back is noticed well before it counts as lost.
	retry := &wait.Backoff{Duration: 500 * time.Millisecond, Factor: 1.5, Cap: 2 * time.Second, Steps: 10, Jitter: 0.2}
	names := &store{from: f.stream, send: func(c change) { f.send(ctx, c) }, known: map[object.Key]*unstructured.Unstructured{}}
	reflector := cache.NewReflectorWithOptions(source, &unstructured.Unstructured{}, names, cache.ReflectorOptions{Logger: &quiet, Backoff: retry})
	reflector.RunWithContext(ctx)
}

func (f *follower) send(ctx context.Context, c change) {
	select {
	case f.changes <- c:
	case <-ctx.Done():
	}
}
