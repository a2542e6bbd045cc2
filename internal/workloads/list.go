package workloads

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/pager"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// readers is how many lists, or objects, are read side by side.
const readers = 8

// list is one list of one namespace.
type list struct {
	kind kind
	// own: the kind is none of Kubernetes.
	own       bool
	namespace string
	objects   []*unstructured.Unstructured
	err       error
}

// read reads lists and keeps what is in them, in their order.
func (c *Controllers) read(ctx context.Context, lists []list) {
	var group errgroup.Group
	group.SetLimit(readers)
	for i := range lists {
		group.Go(func() error {
			lists[i].err = c.page(ctx, &lists[i])
			return nil
		})
	}
	_ = group.Wait() // each error is kept with its list
	for _, l := range lists {
		if l.err != nil {
			c.Missing = append(c.Missing, Missing{What: l.kind.label(l.own), Namespace: l.namespace, Err: l.err})
		}
		for _, obj := range l.objects {
			c.keep(obj)
		}
	}
}

// pageSize is how many objects are in memory as the server sends them.
const pageSize = 100

// page reads a list page by page, and keeps what makes pods.
func (c *Controllers) page(ctx context.Context, l *list) error {
	resource := l.kind.resource()
	pages := pager.New(func(ctx context.Context, opts metav1.ListOptions) (runtime.Object, error) {
		if l.kind.GroupVersionKind == replicaSet {
			return c.client.metadata.Resource(resource).Namespace(l.namespace).List(ctx, opts)
		}
		return c.client.objects.Resource(resource).Namespace(l.namespace).List(ctx, opts)
	})
	pages.PageSize, pages.PageBufferSize = pageSize, 1
	return pages.EachListItem(ctx, metav1.ListOptions{}, func(item runtime.Object) error {
		obj := unstructuredOf(item, l.kind.GroupVersionKind)
		if obj == nil || finished(obj) || l.own && len(c.opts.Templates(obj)) == 0 {
			return nil
		}
		l.objects = append(l.objects, lean(obj))
		return nil
	})
}

// unstructuredOf is an item of a list, of which the metadata may be all that was read.
func unstructuredOf(item runtime.Object, kind schema.GroupVersionKind) *unstructured.Unstructured {
	obj, ok := item.(*unstructured.Unstructured)
	if !ok {
		accessor, err := meta.Accessor(item)
		if err != nil {
			return nil
		}
		obj = &unstructured.Unstructured{Object: map[string]any{}}
		obj.SetName(accessor.GetName())
		obj.SetNamespace(accessor.GetNamespace())
		obj.SetUID(accessor.GetUID())
		obj.SetAnnotations(accessor.GetAnnotations())
		obj.SetOwnerReferences(accessor.GetOwnerReferences())
	}
	obj.SetGroupVersionKind(kind)
	return obj
}

// ends are the fields of a status that say when something has ended: a TaskRun, a Workflow, a SparkApplication and a
// RayJob have one each.
var ends = []string{"completionTime", "finishedAt", "terminationTime", "endTime"}

// finished: a Job that is done makes no pod any more, nor do the cluster's own kinds of jobs.
func finished(obj *unstructured.Unstructured) bool {
	for _, kind := range []string{"Complete", "Completed", "Failed"} {
		failed := kind == "Failed" && obj.GetKind() != "Job" // others may be mended
		if !failed && object.ConditionOf(obj, kind).Status == "True" {
			return true
		}
	}
	return slices.ContainsFunc(ends, func(field string) bool {
		text, _, _ := unstructured.NestedString(obj.Object, "status", field)
		return text != ""
	})
}

func (c *Controllers) keep(obj *unstructured.Unstructured) {
	if _, known := c.byUID[obj.GetUID()]; !known {
		c.order = append(c.order, obj.GetUID())
	}
	c.byUID[obj.GetUID()] = obj
	if obj.GetKind() == "Deployment" {
		c.deployments[types.NamespacedName{Namespace: obj.GetNamespace(), Name: obj.GetName()}] = obj
	}
}
