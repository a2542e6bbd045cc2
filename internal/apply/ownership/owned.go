package ownership

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Owned returns the fields that manager has applied, as the API server records them, nil if there are none.
func Owned(u *unstructured.Unstructured, manager string) map[string]any {
	if u == nil {
		return nil
	}
	for _, entry := range Entries(u) {
		if entry.isApplyOf(manager) {
			return entry.Fields
		}
	}
	return nil
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
	all := rawEntries(u)
	ours := slices.DeleteFunc(slices.Clone(all), func(raw any) bool { return !entryOf(raw).isApplyOf(manager) })
	switch metadata, _ := u.Object["metadata"].(map[string]any); {
	case len(ours) == len(all):
	case len(ours) == 0:
		delete(metadata, "managedFields")
	default:
		metadata["managedFields"] = ours
	}
}
