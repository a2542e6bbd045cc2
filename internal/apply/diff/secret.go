package diff

import (
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var secretKind = schema.GroupKind{Kind: "Secret"}

// mask hides the values of two states of a Secret (nil for one that isn't there). A value that differs gets a
// different mask on each side, so that a diff still shows which key changed.
func mask(before, after *unstructured.Unstructured) {
	for _, field := range []string{"data", "stringData"} {
		old, updated := secretMap(before, field), secretMap(after, field)
		for name, value := range updated {
			if was, both := old[name]; both && !reflect.DeepEqual(was, value) {
				old[name], updated[name] = "*** (before)", "*** (after)"
				continue
			}
			updated[name] = "***"
		}
		for name := range old {
			if old[name] != "*** (before)" {
				old[name] = "***"
			}
		}
	}
}

// secretMap returns a field of a Secret itself, not a copy; nil for any other object.
func secretMap(u *unstructured.Unstructured, field string) map[string]any {
	if u == nil || u.GroupVersionKind().GroupKind() != secretKind {
		return nil
	}
	values, _, _ := unstructured.NestedFieldNoCopy(u.Object, field)
	m, _ := values.(map[string]any)
	return m
}
