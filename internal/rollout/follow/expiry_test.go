package follow

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
)

// expiring is an API server that lists well, and ends each watch as expired, after a time.
type expiring struct {
	dynamic.NamespaceableResourceInterface
	lasts time.Duration
	lists int
}

func (e *expiring) List(context.Context, metav1.ListOptions) (*unstructured.UnstructuredList, error) {
	e.lists++
	list := &unstructured.UnstructuredList{Items: []unstructured.Unstructured{{Object: map[string]any{
		"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"namespace": "shop", "name": "cart"},
	}}}}
	list.SetResourceVersion("7")
	return list, nil
}

func (e *expiring) Watch(_ context.Context, o metav1.ListOptions) (watch.Interface, error) {
	w := watch.NewRaceFreeFake()
	time.AfterFunc(e.lasts, func() {
		w.Error(&metav1.Status{Status: "Failure", Code: http.StatusGone, Reason: metav1.StatusReasonExpired,
			Message: "too old resource version"})
	})
	return w, nil
}

func TestFollow_ends_when_watches_do_nothing_but_expire(t *testing.T) {
	tests := []struct {
		name  string
		lasts time.Duration
		ends  bool
	}{
		{"at_once", 0, true},
		{"now_and_then", time.Minute, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
				server := &expiring{lasts: test.lasts}
				changes := make(chan Change)
				f := &follower{stream: Stream{GroupVersionResource: schema.GroupVersionResource{Version: "v1", Resource: "pods"},
					Namespace: "shop"}, client: asClient{server}, changes: changes}
				done := make(chan struct{})
				go func() { defer close(done); f.run(ctx) }()
				start := time.Now()
				var ended error
				for ended == nil && ctx.Err() == nil {
					select {
					case c := <-changes:
						ended = Outages{}.Note(c, time.Now())
					case <-ctx.Done():
					}
				}
				stop()
				<-done
				if (ended != nil) != test.ends {
					t.Fatalf("ended with %v", ended)
				}
				if ended != nil && !strings.Contains(ended.Error(),
					`watching pods in namespace "shop": the API server ends each watch as expired`) {
					t.Errorf("got %v", ended)
				}
				if took := time.Since(start); test.ends && took > 40*time.Second || server.lists > 80 {
					t.Errorf("after %s and %d lists", took, server.lists)
				}
			})
		})
	}
}

// asClient makes the server a client for every resource and namespace.
type asClient struct{ server *expiring }

func (c asClient) Resource(schema.GroupVersionResource) dynamic.NamespaceableResourceInterface {
	return c.server
}

func (e *expiring) Namespace(string) dynamic.ResourceInterface { return e }
