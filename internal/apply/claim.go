package apply

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// claimed says who or what, other than this deploy, may need the live object, "" for no one.
func claimed(live *unstructured.Unstructured, opts Options) string {
	switch kind := live.GroupVersionKind().GroupKind(); kind.String() {
	case "Namespace", crdKind.String():
		return "with it would go whatever others keep in it; delete it by hand if nothing else needs it"
	case "PersistentVolume", "PersistentVolumeClaim":
		return "with it would go the data; delete it by hand if no one needs them"
	}
	if live.GetAnnotations()[inventoryMark] != opts.Inventory {
		return "it no longer carries the mark of this deploy: another one has taken it over"
	}
	if owners := live.GetOwnerReferences(); len(owners) > 0 {
		return fmt.Sprintf("it belongs to %s %s", owners[0].Kind, owners[0].Name)
	}
	for _, entry := range live.GetManagedFields() {
		if entry.Operation == metav1.ManagedFieldsOperationApply && entry.Manager != opts.FieldManager && entry.Subresource == "" {
			return fmt.Sprintf("field manager %q applies it too", entry.Manager)
		}
	}
	return ""
}
