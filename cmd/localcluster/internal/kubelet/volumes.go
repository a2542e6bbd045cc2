package kubelet

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/kubelet/events"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/podstatus"
)

// The kubelet's periods between attempts to mount a volume (pkg/util/goroutinemap/exponentialbackoff of Kubernetes
// 1.36).
const (
	mountRetry    = 500 * time.Millisecond // doubled after each attempt
	maxMountRetry = 2*time.Minute + 2*time.Second
)

// mountVolumes waits, as the kubelet does before it makes the sandbox, until the ConfigMaps and Secrets that the pod
// mounts are there. It reports whether they are; they are not when ctx ended before.
func (w *worker) mountVolumes(ctx context.Context) bool {
	for delay := mountRetry; ; delay = min(2*delay, maxMountRetry) {
		if w.tryMount(ctx) {
			return true
		}
		if !wait(ctx, delay) {
			return false
		}
	}
}

// tryMount reports each volume that cannot be mounted, and reports whether there was none.
func (w *worker) tryMount(ctx context.Context) bool {
	pod, mounted := w.pod.Load(), true
	for _, v := range pod.Spec.Volumes {
		if !mounts(pod, v.Name) {
			continue
		}
		if err := w.references().Volume(ctx, v); err != nil {
			w.node.recorder.Eventf(pod, corev1.EventTypeWarning, events.FailedMountVolume,
				"MountVolume.SetUp failed for volume %q : %v", v.Name, err)
			mounted = false
		}
	}
	return mounted
}

// mounts reports whether a container of the pod mounts the volume; for others the kubelet does not wait.
func mounts(pod *corev1.Pod, volume string) bool {
	for c := range podutil.ContainerIter(&pod.Spec, podutil.InitContainers|podutil.Containers) {
		for _, m := range c.VolumeMounts {
			if m.Name == volume {
				return true
			}
		}
	}
	return false
}

// ensureImageVolumes pulls the images that a container mounts, for the node's platform; nothing in them is started. As
// in SyncPod of the kubelet, a container whose volume has no image waits with the reason of the pull.
func (w *worker) ensureImageVolumes(ctx context.Context, c *corev1.Container) *podstatus.Failure {
	for _, v := range w.pod.Load().Spec.Volumes {
		mounted := slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == v.Name })
		if v.Image == nil || !mounted {
			continue
		}
		if _, failure := w.images.Ensure(ctx, nil, v.Image.Reference, v.Image.PullPolicy); failure != nil {
			w.event(c, corev1.EventTypeWarning, events.FailedToCreateContainer, "Error: %s", failure.Reason)
			return failure
		}
	}
	return nil
}
