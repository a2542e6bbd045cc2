package podstatus

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
)

// InitsToStart mirrors computeInitContainerActions of Kubernetes 1.36: which init containers to start now, and whether
// the others may start. It goes from the last one that was ever started: what precedes it is done, save for
// sidecars, which are kept running.
func InitsToStart(pod *corev1.Pod, runtime *kubecontainer.PodStatus,
	started func(*corev1.Container, *kubecontainer.Status) bool) (todo []*corev1.Container, initialized bool) {
	inits := pod.Spec.InitContainers
	if len(inits) == 0 {
		return nil, true
	}
	initialized = kubecontainer.HasAnyActiveRegularContainerStarted(&pod.Spec, runtime)
	reached := initialized
	for i := len(inits) - 1; i >= 0; i-- {
		c, status := &inits[i], Find(runtime, inits[i].Name)
		sidecar := podutil.IsRestartableInitContainer(c)
		done := !sidecar && completed(status)
		switch {
		case status == nil && (!reached || !sidecar), status != nil && reached && !sidecar:
			continue
		case status == nil, !done && wantsRestart(c, pod, runtime):
			todo = append(todo, c)
		case sidecar && started(c, status), done:
			if i == len(inits)-1 {
				initialized = true
			} else if !reached {
				todo = append(todo, &inits[i+1])
			}
		}
		reached = true
	}
	if !reached {
		todo = append(todo, &inits[0])
	}
	slices.Reverse(todo)
	return todo, initialized
}

// ContainersToStart are those that never ran, or died and are to run again.
func ContainersToStart(pod *corev1.Pod, runtime *kubecontainer.PodStatus) (todo []*corev1.Container) {
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		if wantsRestart(c, pod, runtime) {
			todo = append(todo, c)
		}
	}
	return todo
}

// completed reports whether a container ended well. An ordinary init container that did is not started again, whatever
// the restart policy.
func completed(status *kubecontainer.Status) bool {
	return status != nil && status.State == kubecontainer.ContainerStateExited && status.ExitCode == 0
}

// wantsRestart is the kubelet's ShouldContainerBeRestarted.
func wantsRestart(c *corev1.Container, pod *corev1.Pod, runtime *kubecontainer.PodStatus) bool {
	return kubecontainer.ShouldContainerBeRestarted(klog.Background(), c, pod, runtime)
}

// OnlySidecarsLeft reports whether the pod's own containers have ended for good while sidecars still run: the kubelet
// ends them then (keepCount 0 in computePodActions), without which a Job with a sidecar would never complete.
func OnlySidecarsLeft(pod *corev1.Pod, runtime *kubecontainer.PodStatus) bool {
	for i := range pod.Spec.Containers {
		status := Find(runtime, pod.Spec.Containers[i].Name)
		if status == nil || status.State != kubecontainer.ContainerStateExited {
			return false
		}
	}
	left := false
	for i := range pod.Spec.InitContainers {
		c := &pod.Spec.InitContainers[i]
		status := Find(runtime, c.Name)
		left = left || podutil.IsRestartableInitContainer(c) && status != nil &&
			status.State == kubecontainer.ContainerStateRunning
	}
	return left && len(ContainersToStart(pod, runtime)) == 0
}

// Find returns the newest container of a name.
func Find(runtime *kubecontainer.PodStatus, name string) *kubecontainer.Status {
	return runtime.FindContainerStatusByName(name)
}
