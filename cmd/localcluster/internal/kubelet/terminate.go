package kubelet

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	"k8s.io/kubernetes/pkg/kubelet/events"
)

// terminate ends a pod that is being deleted: its containers are stopped with grace, their end is reported, and only
// then the pod is taken out of the API.
func (w *worker) terminate(ctx context.Context) {
	w.report(ctx, w.apiStatus(w.runtime(), false))
	w.stopAll(ctx, w.gracePeriod())
	w.box.Stop()
	w.report(ctx, w.apiStatus(w.runtime(), true))
	now := metav1.NewDeleteOptions(0)
	now.Preconditions = metav1.NewUIDPreconditions(string(w.pod.Load().UID))
	err := w.node.client.CoreV1().Pods(w.pod.Load().Namespace).Delete(ctx, w.pod.Load().Name, *now)
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) && ctx.Err() == nil {
		w.node.log("deleting pod %s/%s: %v", w.pod.Load().Namespace, w.pod.Load().Name, err)
	}
}

// stopAll stops all containers side by side.
func (w *worker) stopAll(ctx context.Context, grace time.Duration) {
	var stopping sync.WaitGroup
	for _, created := range w.box.Alive() {
		if c := kubecontainer.GetContainerSpec(w.pod.Load(), created.Name); c != nil {
			w.event(c, corev1.EventTypeNormal, events.KillingContainer, "Stopping container %s", c.Name)
		}
		stopping.Go(func() { created.Terminate(ctx, grace) })
	}
	stopping.Wait()
}

// killAll leaves nothing behind.
func (w *worker) killAll() {
	for _, c := range w.box.Alive() {
		c.Kill()
		<-c.Done
	}
}

// gracePeriod is the time between SIGTERM and SIGKILL. The kubelet never gives less than two seconds.
func (w *worker) gracePeriod() time.Duration {
	const least = 2 * time.Second
	seconds := w.pod.Load().DeletionGracePeriodSeconds
	if seconds == nil {
		seconds = w.pod.Load().Spec.TerminationGracePeriodSeconds
	}
	if seconds == nil {
		return least
	}
	return max(time.Duration(*seconds)*time.Second, least)
}
