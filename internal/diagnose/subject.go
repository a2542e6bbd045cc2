package diagnose

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// subject is one container of a pod with all that is known about it.
type subject struct {
	pod          *corev1.Pod
	container    corev1.Container
	status       corev1.ContainerStatus
	architecture string
	// init is true for an init container that has to end before the next one starts.
	init bool
	ev   Evidence
}

// subjects lists a pod's containers in the order in which the kubelet starts them. The image is read from the
// spec: the status may name another tag of the same image.
func subjects(pod *corev1.Pod, ev Evidence) []subject {
	architecture := architectureOf(pod.Spec.NodeName, ev.Nodes)
	var all []subject
	add := func(containers []corev1.Container, statuses []corev1.ContainerStatus, init bool) {
		for _, c := range containers {
			sidecar := c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
			all = append(all, subject{
				pod: pod, container: c, status: statusOf(c.Name, statuses),
				architecture: architecture, init: init && !sidecar, ev: ev,
			})
		}
	}
	add(pod.Spec.InitContainers, pod.Status.InitContainerStatuses, true)
	add(pod.Spec.Containers, pod.Status.ContainerStatuses, false)
	return all
}

// judge asks about the stages of a container's life in their order: pulled, created, run, healthy.
func (s subject) judge(ctx context.Context) Judgement {
	if waiting := s.status.State.Waiting; waiting != nil {
		if pullReasons[waiting.Reason] {
			return s.unpulled(waiting)
		}
		if startReasons[waiting.Reason] {
			return s.unstarted(waiting)
		}
	}
	if exit := s.lastExit(); exit != nil {
		return s.exited(ctx, exit)
	}
	return s.unhealthy()
}

// finding starts a finding about the container; what completes the sentence "Pod x on y (arch): …".
func (s subject) finding(code finding.Code, what, fix string) *finding.Finding {
	f := podFinding(s.pod, code)
	f.Container = s.container.Name
	f.Image = s.container.Image
	f.Node = s.pod.Spec.NodeName
	f.Architecture = s.architecture
	f.Message = s.place() + ": " + what
	f.Fix = fix
	return f
}

// place says where it happened: "Pod shop/cart-7d9 on aks-arm64-2 (arm64), container side". A pod's only
// container goes without saying.
func (s subject) place() string {
	text := object.Name("Pod", s.pod)
	if s.pod.Spec.NodeName != "" {
		text += " on " + s.pod.Spec.NodeName
	}
	if s.architecture != "" {
		text += fmt.Sprintf(" (%s)", s.architecture)
	}
	if len(s.pod.Spec.InitContainers)+len(s.pod.Spec.Containers) > 1 {
		text += ", container " + s.container.Name
	}
	return text
}

func podFinding(pod *corev1.Pod, code finding.Code) *finding.Finding {
	return &finding.Finding{
		Code:     code,
		Severity: finding.Error,
		Object:   object.ID(corev1.SchemeGroupVersion.WithKind("Pod"), pod),
	}
}

func statusOf(name string, statuses []corev1.ContainerStatus) corev1.ContainerStatus {
	for _, status := range statuses {
		if status.Name == name {
			return status
		}
	}
	return corev1.ContainerStatus{}
}

// architectureOf is "" for a node that is not among those at hand, and for one whose architecture nobody reports.
func architectureOf(name string, nodes []corev1.Node) string {
	if architecture := node.Architectures(nodes)(name); architecture != node.Unknown {
		return architecture
	}
	return ""
}
