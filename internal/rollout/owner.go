package rollout

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// workload returns the applied object that a pod belongs to, through ReplicaSets, Jobs or whatever else was seen
// between. It is nil for foreign pods and for those of a revision that is being replaced.
func (tr *tracker) workload(pod *corev1.Pod) *trackedObject {
	if t := tr.objects[object.Key{GroupKind: schema.GroupKind{Kind: "Pod"}, Namespace: pod.Namespace,
		Name: pod.Name}]; t != nil {
		return t
	}
	// Owners cannot form a circle in practice; the bound is for a cluster where somebody made one.
	var child metav1.Object = pod
	for range 10 {
		ref := metav1.GetControllerOf(child)
		if ref == nil {
			return nil
		}
		parent := tr.owners[ref.UID]
		if parent == nil || !ofCurrentRevision(child, parent) {
			return nil
		}
		if t := tr.objects[object.KeyOf(parent)]; t != nil {
			return t.ifFresh()
		}
		child = parent
	}
	return nil
}

// ofCurrentRevision says whether the owner made the child for its present template, by the marks that its controller
// sets: https://github.com/kubernetes/kubernetes/tree/v1.36.3/pkg/controller/{deployment,statefulset,daemon}
func ofCurrentRevision(child metav1.Object, owner *unstructured.Unstructured) bool {
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
