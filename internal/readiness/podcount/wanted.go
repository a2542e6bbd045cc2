package podcount

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// Wanted is the number of pods that the object asks for, or -1 when it doesn't say.
func Wanted(u *unstructured.Unstructured) int64 {
	switch u.GroupVersionKind().GroupKind().String() {
	case "DaemonSet.apps":
		return object.Number(u, "status", "desiredNumberScheduled")
	case "Pod":
		return 1
	case "Job.batch":
		return -1
	}
	if n, ok := object.Integer(u, "spec", "replicas"); ok && hasPods(u) {
		return n
	}
	switch u.GetKind() {
	case "Deployment", "StatefulSet", "ReplicaSet", "ReplicationController":
		return 1 // the API's default
	}
	return -1
}

// hasPods reports whether spec.replicas counts pods: a built-in workload, or a custom object with a pod template.
func hasPods(u *unstructured.Unstructured) bool {
	containers, _, _ := unstructured.NestedFieldNoCopy(u.Object, "spec", "template", "spec", "containers")
	_, isList := containers.([]any)
	return isList || !object.IsCustom(u)
}
