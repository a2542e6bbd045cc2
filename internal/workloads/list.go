package workloads

import (
	"context"
	"strings"

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
	kind      schema.GroupVersionKind
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
			c.Missing = append(c.Missing, Missing{What: resourceOf(l.kind).Resource, Namespace: l.namespace, Err: l.err})
		}
		for _, obj := range l.objects {
			c.keep(obj)
		}
	}
}

// page reads a list page by page.
func (c *Controllers) page(ctx context.Context, l *list) error {
	resource := resourceOf(l.kind)
	pages := pager.New(func(ctx context.Context, opts metav1.ListOptions) (runtime.Object, error) {
		if l.kind == replicaSet {
			return c.client.metadata.Resource(resource).Namespace(l.namespace).List(ctx, opts)
		}
		return c.client.objects.Resource(resource).Namespace(l.namespace).List(ctx, opts)
	})
	return pages.EachListItem(ctx, metav1.ListOptions{}, func(item runtime.Object) error {
		if obj := unstructuredOf(item, l.kind); obj != nil && !finished(obj) {
			l.objects = append(l.objects, obj)
		}
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
	obj.SetManagedFields(nil)
	return obj
}

// finished: a Job that is done makes no pod any more.
func finished(obj *unstructured.Unstructured) bool {
	if obj.GetKind() != "Job" {
		return false
	}
	return object.ConditionOf(obj, "Complete").Status == "True" || object.ConditionOf(obj, "Failed").Status == "True"
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

// resourceOf is the resource of a built-in kind.
func resourceOf(kind schema.GroupVersionKind) schema.GroupVersionResource {
	return kind.GroupVersion().WithResource(strings.ToLower(kind.Kind) + "s")
}
