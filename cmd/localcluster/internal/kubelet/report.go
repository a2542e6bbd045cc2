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

// report writes a changed status to the API, until it is there, the pod is gone, or ctx ends. The kubelet itself goes by
// the new status from the start.
func (w *worker) report(ctx context.Context, status corev1.PodStatus) {
	old := w.lastReported()
	if equality.Semantic.DeepEqual(old, status) {
		return
	}
	w.mu.Lock()
	w.reported = status
	w.mu.Unlock()
	for {
		_, _, _, err := podpatch.PatchPodStatus(ctx, w.node.client, w.pod.Load().Namespace, w.pod.Load().Name, w.pod.Load().UID, old, status)
		if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) || ctx.Err() != nil {
			return // there, or the pod is another one now, or none
		}
		w.node.log("reporting pod %s/%s: %v", w.pod.Load().Namespace, w.pod.Load().Name, err)
		if !wait(ctx, reportRetry) {
			return
		}
	}
}
