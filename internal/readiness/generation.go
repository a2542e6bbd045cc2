package readiness

import (
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// mustReport are the kinds whose controller always writes status.observedGeneration.
var mustReport = map[string]bool{"Deployment": true, "StatefulSet": true, "DaemonSet": true, "ReplicaSet": true}

// IsStale reports whether the object, as last seen, is older than what was applied, or its controller has not taken
// note of it. Until then its revision may still be the one before, whose pods prove nothing.
func IsStale(u *unstructured.Unstructured, applied int64) bool {
	observed, reports := observedGeneration(u)
	if !reports {
		return u.GetGeneration() < applied || mustReport[u.GetKind()] && !object.IsCustom(u)
	}
	return u.GetGeneration() < applied || observed < u.GetGeneration()
}

// observedGeneration reads the field as controllers write it: a number, or a string of one (Argo Rollouts). Anything
// else, such as the hash that older Argo Rollouts write, reports nothing.
func observedGeneration(u *unstructured.Unstructured) (generation int64, reports bool) {
	value, _, _ := unstructured.NestedFieldNoCopy(u.Object, "status", "observedGeneration")
	switch v := value.(type) {
	case int64:
		return v, true
	case float64:
		return int64(v), true
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		// A hash of digits alone is no generation of an object.
		return n, err == nil && n <= u.GetGeneration()
	}
	return 0, false
}
