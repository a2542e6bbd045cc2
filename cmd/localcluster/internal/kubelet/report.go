package kubelet

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	podpatch "k8s.io/kubernetes/pkg/util/pod"
)

// reportRetry is how long to wait before an API server that refused a status is asked again.
const reportRetry = time.Second

// report writes a changed status to the API, until it is there, the pod is gone, or ctx ends.
func (w *worker) report(ctx context.Context, status corev1.PodStatus) {
	old := w.lastReported()
	if equality.Semantic.DeepEqual(old, status) {
		return
	}
	for {
		_, _, _, err := podpatch.PatchPodStatus(ctx, w.node.client, w.pod.Namespace, w.pod.Name, w.pod.UID, old, status)
		if err == nil {
			break
		}
		if apierrors.IsNotFound(err) || apierrors.IsConflict(err) || ctx.Err() != nil {
			return // another pod of that name, or none
		}
		w.node.log("reporting pod %s/%s: %v", w.pod.Namespace, w.pod.Name, err)
		if !wait(ctx, reportRetry) {
			return
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reported = status
}
