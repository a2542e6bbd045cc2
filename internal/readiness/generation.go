package readiness

import (
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
	generation, reports = object.Integer(u, "status", "observedGeneration")
	// A hash of digits alone is no generation of an object.
	if _, text, _ := unstructured.NestedString(u.Object, "status", "observedGeneration"); text &&
		generation > u.GetGeneration() {
		return 0, false
	}
	return generation, reports
}
