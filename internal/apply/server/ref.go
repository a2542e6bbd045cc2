package server

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// Ref names an object and the resource under which the API server has it.
type Ref struct {
	Kind            schema.GroupVersionKind
	Resource        schema.GroupVersionResource
	Namespace, Name string
}

// RefOf returns a reference to u, an object of resource.
func RefOf(u *unstructured.Unstructured, resource schema.GroupVersionResource) Ref {
	return Ref{Kind: u.GroupVersionKind(), Resource: resource, Namespace: u.GetNamespace(), Name: u.GetName()}
}

// Key returns what identifies the object across the versions of its kind.
func (r Ref) Key() object.Key {
	return object.Key{GroupKind: r.Kind.GroupKind(), Namespace: r.Namespace, Name: r.Name}
}

// String is the object in a message: "Deployment shop/cart".
func (r Ref) String() string { return object.Name(r.Kind.Kind, r.meta()) }

// ID is the object in a report: "apps/v1 Deployment shop/cart".
func (r Ref) ID() string { return object.ID(r.Kind, r.meta()) }

func (r Ref) meta() metav1.Object { return &metav1.ObjectMeta{Namespace: r.Namespace, Name: r.Name} }

// Delete is the kubectl command that deletes the object.
func (r Ref) Delete(flags string) string {
	command := fmt.Sprintf("kubectl delete %s %s", r.Resource.GroupResource(), r.Name)
	if r.Namespace != "" {
		command += " -n " + r.Namespace
	}
	return command + flags
}

func (r Ref) path() []string { return append(r.collection(), r.Name) }

// collection is the path of all objects of the kind in the namespace.
func (r Ref) collection() []string {
	path := []string{"/apis", r.Resource.Group, r.Resource.Version}
	if r.Resource.Group == "" {
		path = []string{"/api", r.Resource.Version}
	}
	if r.Namespace != "" {
		path = append(path, "namespaces", r.Namespace)
	}
	return append(path, r.Resource.Resource)
}
