package apply

import (
	"reflect"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// compared says whether an apply by manager made, or would make, anything of before that differs.
// Not resourceVersion, which controllers move too while they write the status.
// Which fields the manager owns does count: the next apply removes what is owned and no longer set.
func compared(before, after *unstructured.Unstructured, manager string) Action {
	if reflect.DeepEqual(content(before), content(after)) && reflect.DeepEqual(owned(before, manager), owned(after, manager)) {
		return Unchanged
	}
	return Configured
}

// content is what manifests say about an object: everything but what the server and the controllers write.
func content(u *unstructured.Unstructured) map[string]any {
	if u == nil {
		return nil
	}
	c := u.DeepCopy()
	unstructured.RemoveNestedField(c.Object, "status")
	for _, field := range []string{"managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"} {
		unstructured.RemoveNestedField(c.Object, "metadata", field)
	}
	return c.Object
}

// owned returns the fields that manager has applied, as the API server records them, nil if there are none.
func owned(u *unstructured.Unstructured, manager string) map[string]any {
	if u == nil {
		return nil
	}
	entries, _, _ := unstructured.NestedSlice(u.Object, "metadata", "managedFields")
	for _, e := range entries {
		entry, _ := e.(map[string]any)
		if entry["manager"] == manager && entry["operation"] == string(metav1.ManagedFieldsOperationApply) && entry["subresource"] == nil {
			fields, _ := entry["fieldsV1"].(map[string]any)
			return fields
		}
	}
	return nil
}
