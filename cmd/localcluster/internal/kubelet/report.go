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

// report writes a changed status to the API, until it is there, the pod is gone, or ctx ends. The kubelet itself goes
// by the new status from the start.
func (w *worker) report(ctx context.Context, status corev1.PodStatus) {
	w.mu.Lock()
	w.reported = status
	w.mu.Unlock()
	if equality.Semantic.DeepEqual(w.written, status) {
		return
	}
	for {
		_, _, _, err := podpatch.PatchPodStatus(ctx, w.node.client, w.pod.Load().Namespace, w.pod.Load().Name,
			w.pod.Load().UID, w.written, status)
		if err == nil {
			w.written = status
			return
		}
		if apierrors.IsNotFound(err) || apierrors.IsConflict(err) || ctx.Err() != nil {
			return // the pod is another one now, or none
		}
		w.node.log("reporting pod %s/%s: %v", w.pod.Load().Namespace, w.pod.Load().Name, err)
		if !wait(ctx, reportRetry) {
			return
		}
	}
}
