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
	w.report(ctx, w.apiStatus(w.box.status(w.pod.Load(), w.node), false))
	w.stopAll(ctx, w.gracePeriod())
	w.box.stop()
	w.report(ctx, w.apiStatus(w.box.status(w.pod.Load(), w.node), true))
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
	for _, created := range w.box.alive() {
		if c := kubecontainer.GetContainerSpec(w.pod.Load(), created.name); c != nil {
			w.event(c, corev1.EventTypeNormal, events.KillingContainer, "Stopping container %s", c.Name)
		}
		stopping.Go(func() { end(ctx, created, grace) })
	}
	stopping.Wait()
}

// end asks a container to stop, kills it after the grace period or when ctx ends, and waits for its death.
func end(ctx context.Context, c *container, grace time.Duration) {
	c.stop()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.done:
		return
	case <-timer.C:
	case <-ctx.Done():
	}
	c.kill()
	<-c.done
}

// killAll leaves nothing behind.
func (w *worker) killAll() {
	for _, c := range w.box.alive() {
		c.kill()
		<-c.done
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
