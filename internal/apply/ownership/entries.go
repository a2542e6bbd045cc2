package ownership

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Entry is an entry of an object's managed fields, its fields as they are in the object. They are not to be changed.
// To read them as metav1 has them means to write them as JSON and to parse that again.
type Entry struct {
	Manager, Subresource, APIVersion string
	// Applied: it is of an apply, not of an update.
	Applied bool
	Fields  map[string]any
}

// Entries returns the managed fields of an object.
func Entries(u *unstructured.Unstructured) []Entry {
	list := rawEntries(u)
	entries := make([]Entry, 0, len(list))
	for _, entry := range list {
		entries = append(entries, entryOf(entry))
	}
	return entries
}

func rawEntries(u *unstructured.Unstructured) []any {
	metadata, _ := u.Object["metadata"].(map[string]any)
	list, _ := metadata["managedFields"].([]any)
	return list
}

func entryOf(raw any) (e Entry) {
	fields, _ := raw.(map[string]any)
	e.Manager, _ = fields["manager"].(string)
	e.Subresource, _ = fields["subresource"].(string)
	e.APIVersion, _ = fields["apiVersion"].(string)
	e.Fields, _ = fields["fieldsV1"].(map[string]any)
	e.Applied = fields["operation"] == string(metav1.ManagedFieldsOperationApply)
	return e
}

// isApplyOf reports whether an entry is of an apply by a manager.
func (e Entry) isApplyOf(manager string) bool {
	return e.Applied && e.Manager == manager && e.Subresource == ""
}

// has reports whether a field, by the names that lead to it, is among those of the entry.
func (e Entry) has(path ...string) bool {
	at := e.Fields
	for _, name := range path {
		below, ok := at["f:"+name].(map[string]any)
		if !ok {
			return false
		}
		at = below
	}
	_, itself := at["."]
	return itself || len(at) == 0
}
