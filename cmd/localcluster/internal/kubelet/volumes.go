package kubelet

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/kubelet/events"
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
		var errs []error
		for _, s := range sourcesOf(v) {
			errs = append(errs, w.checkSource(ctx, s))
		}
		if err := utilerrors.NewAggregate(errs); err != nil {
			w.node.recorder.Eventf(pod, corev1.EventTypeWarning, events.FailedMountVolume,
				"MountVolume.SetUp failed for volume %q : %v", v.Name, err)
			mounted = false
		}
	}
	return mounted
}

// source is a ConfigMap or a Secret that a volume is made of.
type source struct {
	reference
	// items are the keys that the volume asks for; none: all that there are.
	items []corev1.KeyToPath
}

// sourcesOf are what a volume is made of, as far as that is an object of the namespace.
func sourcesOf(v corev1.Volume) []source {
	switch {
	case v.ConfigMap != nil:
		return []source{{reference{kind: "ConfigMap", name: v.ConfigMap.Name, optional: v.ConfigMap.Optional},
			v.ConfigMap.Items}}
	case v.Secret != nil:
		return []source{{reference{kind: "Secret", name: v.Secret.SecretName, optional: v.Secret.Optional}, v.Secret.Items}}
	case v.Projected == nil:
		return nil
	}
	var all []source
	for _, p := range v.Projected.Sources {
		if c := p.ConfigMap; c != nil {
			all = append(all, source{reference{kind: "ConfigMap", name: c.Name, optional: c.Optional}, c.Items})
		}
		if s := p.Secret; s != nil {
			all = append(all, source{reference{kind: "Secret", name: s.Name, optional: s.Optional}, s.Items})
		}
	}
	return all
}

// checkSource fails where a source or a key of it is not there. The words are those of MakePayload in
// pkg/volume/configmap and pkg/volume/secret.
func (w *worker) checkSource(ctx context.Context, s source) error {
	if s.optional != nil && *s.optional {
		return nil
	}
	has, err := w.keys(ctx, s.reference)
	if err != nil {
		return err
	}
	for _, item := range s.items {
		switch {
		case has(item.Key):
		case s.kind == "Secret":
			return fmt.Errorf("references non-existent secret key: %s", item.Key)
		default:
			return fmt.Errorf("configmap references non-existent config key: %s", item.Key)
		}
	}
	return nil
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
func (w *worker) ensureImageVolumes(ctx context.Context, c *corev1.Container) *startFailure {
	for _, v := range w.pod.Load().Spec.Volumes {
		mounted := slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == v.Name })
		if v.Image == nil || !mounted {
			continue
		}
		if _, failure := w.ensureImage(ctx, nil, v.Image.Reference, v.Image.PullPolicy); failure != nil {
			w.event(c, corev1.EventTypeWarning, events.FailedToCreateContainer, "Error: %s", failure.reason)
			return failure
		}
	}
	return nil
}
