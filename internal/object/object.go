// Package object contains what every stage needs to know about a Kubernetes object: its names, its key, its conditions,
// and a pod's containers with their statuses. It looks at values only.
package object

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// ID is the form the report uses: "apps/v1 Deployment shop/cart", "v1 Namespace shop".
func ID(gvk schema.GroupVersionKind, o metav1.Object) string {
	return gvk.GroupVersion().String() + " " + Name(gvk.Kind, o)
}

// Name is the form messages use: "Deployment shop/cart", "Namespace shop".
func Name(kind string, o metav1.Object) string {
	if o.GetNamespace() == "" {
		return kind + " " + o.GetName()
	}
	return kind + " " + o.GetNamespace() + "/" + o.GetName()
}

// Key identifies an object across the API versions of its kind.
type Key struct {
	schema.GroupKind
	Namespace, Name string
}

// KeyOf returns the key of an object.
func KeyOf(u *unstructured.Unstructured) Key {
	return Key{u.GroupVersionKind().GroupKind(), u.GetNamespace(), u.GetName()}
}
