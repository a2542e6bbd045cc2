// Package manifest fits manifests for server-side apply: what the API server would do to a Secret later, what it would
// quote of one, and the fields that controllers set.
package manifest

import (
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// Copy returns a copy of o to change: metadata is its own, all else is shared. Of a big set, each object is there
// once.
func Copy(o *unstructured.Unstructured) *unstructured.Unstructured {
	if o.GroupVersionKind().GroupKind() == secretKind {
		return o.DeepCopy() // its data is written to
	}
	u := &unstructured.Unstructured{Object: maps.Clone(o.Object)}
	if metadata, ok := o.Object["metadata"].(map[string]any); ok {
		u.Object["metadata"] = runtime.DeepCopyJSON(metadata)
	}
	return u
}
