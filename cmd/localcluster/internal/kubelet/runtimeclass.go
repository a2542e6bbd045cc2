package kubelet

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/kubelet/events"
)

// runtimeHandler is the only one that the nodes' containerd has.
const runtimeHandler = "runc"

// hasRuntime reports whether the node has the container runtime that the pod's RuntimeClass names. Where it has not,
// the sandbox cannot be made, in containerd's words.
func (w *worker) hasRuntime(ctx context.Context) bool {
	pod := w.pod.Load()
	if pod.Spec.RuntimeClassName == nil {
		return true
	}
	class, err := w.node.client.NodeV1().RuntimeClasses().Get(ctx, *pod.Spec.RuntimeClassName, metav1.GetOptions{})
	if err == nil && class.Handler == runtimeHandler {
		return true
	}
	if err == nil {
		w.node.recorder.Eventf(pod, corev1.EventTypeWarning, events.FailedCreatePodSandBox,
			"Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for %q "+
				"is configured", class.Handler)
	}
	return false
}
