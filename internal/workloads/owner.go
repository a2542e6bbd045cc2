package workloads

import (
	"context"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// lineage is how an object descends from its top owner.
type lineage struct {
	// top is the highest owner that has a pod template, or the object itself.
	top *unstructured.Unstructured
	// managedBy is the object above top, which has none.
	managedBy string
	// current: each link is of its owner's present revision.
	current bool
}

// mostOwners bounds how high owners are followed. They can't form a circle in practice, unless somebody makes one.
const mostOwners = 10

// descent follows the owners of an object.
func (c *Controllers) descent(ctx context.Context, obj metav1.Object, self *unstructured.Unstructured) lineage {
	l := lineage{top: self, current: true}
	for range mostOwners {
		ref := metav1.GetControllerOf(obj)
		if ref == nil {
			break
		}
		owner, err := c.owner(ctx, obj.GetNamespace(), ref)
		if deployment := c.deploymentOf(obj, ref); err != nil && deployment != nil {
			return lineage{top: deployment} // whether the pod is of the current revision is in the ReplicaSet
		}
		if err != nil {
			l.managedBy = object.Name(ref.Kind, &metav1.ObjectMeta{Namespace: obj.GetNamespace(), Name: ref.Name})
			break
		}
		l.current = l.current && object.OfCurrentRevision(obj, owner)
		if c.templatesOf(owner) > 0 {
			l.top, l.managedBy = owner, ""
		} else if !isOwned(owner, "Deployment") {
			l.managedBy = object.Name(owner.GetKind(), owner)
		}
		obj = owner
	}
	return l
}

// deploymentOf finds the Deployment of a pod whose ReplicaSet can't be read: a ReplicaSet of a Deployment is called
// after it and the pod's hash of the template. It returns nil where there is none.
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template-hash-label
func (c *Controllers) deploymentOf(obj metav1.Object, ref *metav1.OwnerReference) *unstructured.Unstructured {
	hash := obj.GetLabels()["pod-template-hash"]
	name, found := strings.CutSuffix(ref.Name, "-"+hash)
	if ref.Kind != "ReplicaSet" || hash == "" || !found {
		return nil
	}
	return c.deployments[types.NamespacedName{Namespace: obj.GetNamespace(), Name: name}]
}

// isOwned reports whether an object's controller is of the kind.
func isOwned(obj metav1.Object, kind string) bool {
	ref := metav1.GetControllerOf(obj)
	return ref != nil && ref.Kind == kind
}

// owner finds an owner among what was listed, or asks for it: once, whoever needs it.
func (c *Controllers) owner(ctx context.Context, namespace string,
	ref *metav1.OwnerReference) (*unstructured.Unstructured, error) {
	known := c.byUID[ref.UID]
	if known != nil && (known.GetKind() != "ReplicaSet" || isOwned(known, "Deployment")) {
		return known, nil
	}
	c.lock.Lock()
	fetch := c.fetched[ref.UID]
	if fetch == nil {
		fetch = sync.OnceValues(func() (*unstructured.Unstructured, error) {
			obj, err := c.get(ctx, namespace, ref)
			if err != nil {
				c.miss(namespace, ref, err)
				return nil, err
			}
			return lean(obj), nil
		})
		c.fetched[ref.UID] = fetch
	}
	c.lock.Unlock()
	return fetch()
}

func (c *Controllers) miss(namespace string, ref *metav1.OwnerReference, err error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	what := object.Name(ref.Kind, &metav1.ObjectMeta{Namespace: namespace, Name: ref.Name})
	c.Missing = append(c.Missing, Missing{What: what, Owner: true, Namespace: namespace, Err: err})
}

// templatesOf counts an object's templates, once. It is for one goroutine.
func (c *Controllers) templatesOf(obj *unstructured.Unstructured) int {
	n, known := c.templates[obj.GetUID()]
	if !known {
		n = len(c.opts.Templates(obj))
		c.templates[obj.GetUID()] = n
	}
	return n
}

// get reads an owner, which may be of a custom kind, and of the whole cluster.
func (c *Controllers) get(ctx context.Context, namespace string,
	ref *metav1.OwnerReference) (*unstructured.Unstructured, error) {
	mapping, err := c.client.mapper().RESTMapping(schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind).GroupKind(),
		schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind).Version)
	if err != nil {
		return nil, err
	}
	resource := c.client.objects.Resource(mapping.Resource)
	if mapping.Scope.Name() != "namespace" {
		return resource.Get(ctx, ref.Name, metav1.GetOptions{})
	}
	return resource.Namespace(namespace).Get(ctx, ref.Name, metav1.GetOptions{})
}
