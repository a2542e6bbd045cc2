package ownership

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Owned returns the fields that manager has applied, as the API server records them, nil if there are none.
func Owned(u *unstructured.Unstructured, manager string) map[string]any {
	if u == nil {
		return nil
	}
	entries, _, _ := unstructured.NestedSlice(u.Object, "metadata", "managedFields")
	for _, e := range entries {
		entry, _ := e.(map[string]any)
		if isApply(entry, manager) {
			fields, _ := entry["fieldsV1"].(map[string]any)
			return fields
		}
	}
	return nil
}

// isApply reports whether an entry of managed fields is of an apply by manager.
func isApply(entry map[string]any, manager string) bool {
	return entry["manager"] == manager && entry["subresource"] == nil &&
		entry["operation"] == string(metav1.ManagedFieldsOperationApply)
}

// IsCreator reports whether manager's apply created u: no other manager has set a field of it earlier.
func IsCreator(u *unstructured.Unstructured, manager string) bool {
	ours := false
	var first, own *metav1.Time
	for _, entry := range u.GetManagedFields() {
		if entry.Time == nil {
			continue
		}
		if first == nil || entry.Time.Before(first) {
			first = entry.Time
		}
		if entry.Manager == manager && entry.Operation == metav1.ManagedFieldsOperationApply && entry.Subresource == "" {
			ours, own = true, entry.Time
		}
	}
	return ours && !first.Before(own)
}

// KeepOnly drops all managed fields of u but what manager has applied.
func KeepOnly(u *unstructured.Unstructured, manager string) {
	var ours []metav1.ManagedFieldsEntry
	for _, entry := range u.GetManagedFields() {
		if entry.Manager == manager && entry.Operation == metav1.ManagedFieldsOperationApply && entry.Subresource == "" {
			ours = append(ours, entry)
		}
	}
	u.SetManagedFields(ours)
}
