// Package definitions reads what CustomResourceDefinitions say about their kinds, and waits until these are served.
package definitions

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Kind is that of the definitions themselves.
var Kind = schema.GroupKind{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}

// Definition is what a CustomResourceDefinition of the set says about its kind. Taking it from the manifest
// says where objects of the kind go before the API server has heard of it.
type Definition struct {
	Kind       schema.GroupKind
	Plural     string
	Namespaced bool
}

// Of reads a definition.
func Of(crd *unstructured.Unstructured) Definition {
	text := func(fields ...string) string {
		s, _, _ := unstructured.NestedString(crd.Object, append([]string{"spec"}, fields...)...)
		return s
	}
	return Definition{
		Kind:       schema.GroupKind{Group: text("group"), Kind: text("names", "kind")},
		Plural:     text("names", "plural"),
		Namespaced: text("scope") == "Namespaced",
	}
}
