package object

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Container is one container of a pod: what its spec asks for and what the kubelet reports. The image is read from the
// spec, since the status may name another tag of the same image.
type Container struct {
	corev1.Container
	// Status has only a name where the kubelet has reported nothing yet.
	Status corev1.ContainerStatus
	// Init is true for an init container that has to end before the next one starts; false for a sidecar.
	Init bool
}

// Containers lists a pod's containers in the order in which the kubelet starts them: init containers and sidecars, then
// the others.
func Containers(pod *corev1.Pod) []Container {
	var all []Container
	for _, c := range pod.Spec.InitContainers {
		all = append(all, Container{c, statusOf(c.Name, pod.Status.InitContainerStatuses), !IsSidecar(c)})
	}
	for _, c := range pod.Spec.Containers {
		all = append(all, Container{c, statusOf(c.Name, pod.Status.ContainerStatuses), false})
	}
	return all
}

// Digest is that of what the node has pulled for the container, of the index where there is one: sha256:…; "" where the
// kubelet has reported none, or the image came to the node in another way.
func (c Container) Digest() string {
	_, digest, _ := strings.Cut(c.Status.ImageID, "@")
	return digest
}

// IsSidecar reports whether an init container keeps running beside the others:
// https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
func IsSidecar(c corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

// Started reports whether the container has run before its present state, so that a previous run's log may exist.
func (c Container) Started() bool {
	return c.Status.RestartCount > 0 || c.Status.LastTerminationState.Terminated != nil
}

func statusOf(name string, statuses []corev1.ContainerStatus) corev1.ContainerStatus {
	for _, status := range statuses {
		if status.Name == name {
			return status
		}
	}
	return corev1.ContainerStatus{Name: name}
}
