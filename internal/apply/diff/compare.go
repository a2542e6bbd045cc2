package diff

import (
	"maps"
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/ownership"
)

// Equal reports whether an apply by manager left, or would leave, before as it is.
// The resourceVersion does not count: controllers change it too, when they write the status.
// Which fields the manager owns does count: the next apply removes what is owned and no longer set.
func Equal(before, after *unstructured.Unstructured, manager string) bool {
	return SameContent(before, after) &&
		reflect.DeepEqual(ownership.Owned(before, manager), ownership.Owned(after, manager))
}

// SameContent reports whether two states of an object say the same, whoever owns the fields.
func SameContent(before, after *unstructured.Unstructured) bool {
	return reflect.DeepEqual(content(before), content(after))
}

// content is what manifests say about an object: everything but what the server and the controllers write.
func content(u *unstructured.Unstructured) map[string]any {
	if u == nil {
		return nil
	}
	c := &unstructured.Unstructured{Object: maps.Clone(u.Object)} // what is not changed below is shared
	if metadata, ok := u.Object["metadata"].(map[string]any); ok {
		c.Object["metadata"] = runtime.DeepCopyJSON(metadata)
	}
	unstructured.RemoveNestedField(c.Object, "status")
	for _, field := range []string{
		"managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink",
	} {
		unstructured.RemoveNestedField(c.Object, "metadata", field)
	}
	unstructured.RemoveNestedField(c.Object, "metadata", "annotations", lastApplied)
	for _, field := range []string{"annotations", "labels"} {
		if m, found, _ := unstructured.NestedMap(c.Object, "metadata", field); found && len(m) == 0 {
			unstructured.RemoveNestedField(c.Object, "metadata", field)
		}
	}
	return c.Object
}
