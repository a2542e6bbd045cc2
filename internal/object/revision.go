package object

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// OfCurrentRevision reports whether the owner made the child for its present template, by the marks that its controller
// sets: https://github.com/kubernetes/kubernetes/tree/v1.36.3/pkg/controller/{deployment,statefulset,daemon}
func OfCurrentRevision(child metav1.Object, owner *unstructured.Unstructured) bool {
	switch owner.GetKind() {
	case "Deployment":
		const revision = "deployment.kubernetes.io/revision"
		return child.GetAnnotations()[revision] == owner.GetAnnotations()[revision]
	case "StatefulSet":
		update, _, _ := unstructured.NestedString(owner.Object, "status", "updateRevision")
		return child.GetLabels()["controller-revision-hash"] == update
	case "DaemonSet":
		generation := owner.GetAnnotations()["deprecated.daemonset.template.generation"]
		return child.GetLabels()["pod-template-generation"] == generation
	case "Rollout": // Argo's: https://argo-rollouts.readthedocs.io
		hash, _, _ := unstructured.NestedString(owner.Object, "status", "currentPodHash")
		return hash == "" || child.GetLabels()["rollouts-pod-template-hash"] == hash
	case "CloneSet": // Kruise's, whose labels hold the name or the hash of the revision
		update, _, _ := unstructured.NestedString(owner.Object, "status", "updateRevision")
		return strings.HasSuffix(update, child.GetLabels()["controller-revision-hash"])
	}
	return true
}
