package apply

import (
	"encoding/base64"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var secretKind = schema.GroupKind{Kind: "Secret"}

// mergeStringData writes a Secret's stringData into its data, which is what the API server does too, but before the
// apply: afterwards it remembers us as the owner of stringData, and a key dropped there would stay in data.
// See https://github.com/kubernetes/kubernetes/issues/70281.
func mergeStringData(u *unstructured.Unstructured) {
	plain, found, err := unstructured.NestedStringMap(u.Object, "stringData")
	if u.GroupVersionKind().GroupKind() != secretKind || !found || err != nil {
		return
	}
	for name, value := range plain {
		encoded := base64.StdEncoding.EncodeToString([]byte(value))
		if unstructured.SetNestedField(u.Object, encoded, "data", name) != nil {
			return // data is no map: the API server says so better
		}
	}
	unstructured.RemoveNestedField(u.Object, "stringData")
}
