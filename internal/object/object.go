// Package object names Kubernetes objects in words, the same way everywhere.
package object

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
