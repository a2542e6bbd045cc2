package object

import (
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/scheme"
)

// The fields of custom objects have the types that their authors chose: a field of another type reads as missing.

// Text is a text, or "".
func Text(u *unstructured.Unstructured, path ...string) string {
	s, _, _ := unstructured.NestedString(u.Object, path...)
	return s
}

// IsTrue is a boolean; false where there is none.
func IsTrue(u *unstructured.Unstructured, path ...string) bool {
	b, _, _ := unstructured.NestedBool(u.Object, path...)
	return b
}

// Number is Integer, or 0.
func Number(u *unstructured.Unstructured, path ...string) int64 {
	n, _ := Integer(u, path...)
	return n
}

// Integer accepts a number as JSON decoders deliver it, and one in a string.
func Integer(u *unstructured.Unstructured, path ...string) (int64, bool) {
	value, _, _ := unstructured.NestedFieldNoCopy(u.Object, path...)
	switch v := value.(type) {
	case int64:
		return v, true
	case float64:
		return int64(v), true
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil
	}
	return 0, false
}

// Items are the maps in a list.
func Items(u *unstructured.Unstructured, path ...string) []map[string]any {
	value, _, _ := unstructured.NestedFieldNoCopy(u.Object, path...)
	return Maps(value)
}

// Maps are the maps in a value that may be a list.
func Maps(value any) []map[string]any {
	list, _ := value.([]any)
	var all []map[string]any
	for _, item := range list {
		if m, ok := item.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

// IsCustom reports whether the kind is defined by a CustomResourceDefinition, or served by another API server.
func IsCustom(u *unstructured.Unstructured) bool {
	return !scheme.Scheme.IsGroupRegistered(u.GroupVersionKind().Group)
}
