package rollout

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
		if parent == nil || !object.OfCurrentRevision(child, parent) {
			return nil
		}
		if t := tr.objects[object.KeyOf(parent)]; t != nil {
			return t.ifFresh()
		}
		child = parent
	}
	return nil
}
