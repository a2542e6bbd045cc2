package kubelet

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	"k8s.io/kubernetes/pkg/kubelet/events"
	"k8s.io/kubernetes/pkg/kubelet/util/format"
)

// Why a container does not start, in the words of a container's status.
const (
	reasonCrashLoop    = "CrashLoopBackOff"
	reasonPull         = "ErrImagePull"
	reasonPullBackOff  = "ImagePullBackOff"
	reasonNeverPull    = "ErrImageNeverPull"
	reasonInvalidImage = "InvalidImageName"
	reasonConfig       = "CreateContainerConfigError"
	reasonCreate       = "CreateContainerError"
	reasonRun          = "RunContainerError"
	reasonPostStart    = "PostStartHookError"
)

// startFailure is why a container could not be started; it becomes the waiting state of the next report.
type startFailure struct {
	reason, message string
	backoffUntil    time.Time // zero: try again after the usual period
}

// start takes one container through the kubelet's steps: back-off, image, environment, create, start, hook.
func (w *worker) start(ctx context.Context, c *corev1.Container, runtime *kubecontainer.PodStatus) *startFailure {
	old := find(runtime, c.Name)
	if failure := w.crashBackOff(c, old); failure != nil {
		return failure
	}
	if failure := w.ensureImageVolumes(ctx, c); failure != nil {
		return failure
	}
	img, failure := w.ensureImage(ctx, c, c.Image, c.ImagePullPolicy)
	if failure != nil {
		w.event(c, corev1.EventTypeWarning, events.FailedToCreateContainer, "Error: %s", failure.reason)
		return failure
	}
	if failure := w.checkEnvironment(ctx, c); failure != nil {
		return failure
	}
	created := newContainer(c.Name, img)
	if old != nil {
		created.attempt = old.RestartCount + 1
	}
	if failure := w.launch(ctx, c, created); failure != nil {
		return failure
	}
	return w.postStart(ctx, c, created)
}

// crashBackOff mirrors doBackOff of the kubelet: the first restart is at once, then 10 s, 20 s, 40 s … up to 5 min
// after the death of the last.
func (w *worker) crashBackOff(c *corev1.Container, old *kubecontainer.Status) *startFailure {
	if old == nil || old.State != kubecontainer.ContainerStateExited {
		return nil
	}
	key := string(w.pod.Load().UID) + "_" + c.Name
	if !w.node.crashes.IsInBackOffSince(key, old.FinishedAt) {
		w.node.crashes.Next(key, old.FinishedAt)
		return nil
	}
	w.event(c, corev1.EventTypeWarning, events.BackOffStartContainer, "Back-off restarting failed container %s in pod %s",
		c.Name, format.Pod(w.pod.Load()))
	delay := w.node.crashes.Get(key)
	return &startFailure{
		reason: reasonCrashLoop,
		message: fmt.Sprintf("back-off %s restarting failed container=%s pod=%s", delay, c.Name,
			format.Pod(w.pod.Load())),
		backoffUntil: old.FinishedAt.Add(delay),
	}
}

// event records an event of one container, or of the pod where that is nil, as the kubelet does.
func (w *worker) event(c *corev1.Container, kind, reason, message string, args ...any) {
	if c == nil {
		w.node.recorder.Eventf(w.pod.Load(), kind, reason, message, args...)
		return
	}
	ref, err := kubecontainer.GenerateContainerRef(w.pod.Load(), c)
	if err != nil {
		w.node.log("event %s of pod %s: %v", reason, format.Pod(w.pod.Load()), err)
		return
	}
	w.node.recorder.Eventf(ref, kind, reason, message, args...)
}
