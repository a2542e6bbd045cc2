package kubelet

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	"k8s.io/kubernetes/pkg/kubelet/events"
	"k8s.io/kubernetes/pkg/kubelet/util/format"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/podstatus"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/sandbox"
)

// startMissing starts every container that should run now and does not.
func (w *worker) startMissing(ctx context.Context,
	runtime *kubecontainer.PodStatus) (started int, failures []podstatus.Failure) {
	inits, initialized := podstatus.InitsToStart(w.pod.Load(), runtime, w.probes.Started)
	todo := inits
	if initialized {
		todo = append(todo, podstatus.ContainersToStart(w.pod.Load(), runtime)...)
	}
	for _, c := range todo {
		failure := w.start(ctx, c, runtime)
		if failure == nil {
			delete(w.reasons, c.Name)
			started++
			continue
		}
		w.reasons[c.Name] = *failure
		failures = append(failures, *failure)
		// Before the pod is initialized, an init container that fails holds up those behind it.
		if !initialized && !podutil.IsRestartableInitContainer(c) {
			break
		}
	}
	return started, failures
}

// start takes one container through the kubelet's steps: back-off, image, environment, create, start, hook.
func (w *worker) start(ctx context.Context, c *corev1.Container, runtime *kubecontainer.PodStatus) *podstatus.Failure {
	old := podstatus.Find(runtime, c.Name)
	if failure := w.crashBackOff(c, old); failure != nil {
		return failure
	}
	if failure := w.ensureImageVolumes(ctx, c); failure != nil {
		return failure
	}
	img, failure := w.images.Ensure(ctx, c, c.Image, c.ImagePullPolicy)
	if failure != nil {
		w.event(c, corev1.EventTypeWarning, events.FailedToCreateContainer, "Error: %s", failure.Reason)
		return failure
	}
	if failure := w.checkEnvironment(ctx, c); failure != nil {
		return failure
	}
	created := sandbox.New(c.Name, img)
	if old != nil {
		created.Attempt = old.RestartCount + 1
	}
	if failure := w.launch(ctx, c, created); failure != nil {
		return failure
	}
	return w.postStart(ctx, c, created)
}

// crashBackOff mirrors doBackOff of the kubelet: the first restart is at once, then 10 s, 20 s, 40 s … up to 5 min
// after the death of the last.
func (w *worker) crashBackOff(c *corev1.Container, old *kubecontainer.Status) *podstatus.Failure {
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
	return &podstatus.Failure{
		Reason: podstatus.ReasonCrashLoop,
		Message: fmt.Sprintf("back-off %s restarting failed container=%s pod=%s", delay, c.Name,
			format.Pod(w.pod.Load())),
		BackoffUntil: old.FinishedAt.Add(delay),
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
