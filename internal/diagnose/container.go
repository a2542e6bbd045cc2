package diagnose

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// container is one container of a pod with all that is known about it.
type container struct {
	object.Container
	pod          *corev1.Pod
	architecture string
	ev           Evidence
	// volume is the image volume that the diagnosis is about, or "".
	volume string
}

// containersOf lists a pod's containers in the order in which the kubelet starts them.
func containersOf(pod *corev1.Pod, ev Evidence) []container {
	architecture := architectureOf(pod.Spec.NodeName, ev.Nodes)
	var all []container
	for _, c := range object.Containers(pod) {
		all = append(all, container{Container: c, pod: pod, architecture: architecture, ev: ev})
	}
	return all
}

// diagnose looks at the stages of a container's life in their order: pulled, created, run, healthy.
func (c container) diagnose(ctx context.Context) finding.Diagnosis {
	if waiting := c.Status.State.Waiting; waiting != nil {
		if pullReasons[waiting.Reason] {
			return c.unpulled(waiting)
		}
		if startReasons[waiting.Reason] {
			return c.unstarted(waiting)
		}
	}
	if exit := c.lastExit(); exit != nil {
		return c.exited(ctx, exit)
	}
	return c.unhealthy()
}

// finding starts a finding about the container; what completes the sentence "Pod x on y (arch): …".
func (c container) finding(code finding.Code, what, fix string) *finding.Finding {
	f := podFinding(c.pod, code)
	f.Container = c.Name
	f.Image = c.Image
	f.Node = c.pod.Spec.NodeName
	f.Architecture = c.architecture
	f.Message = c.place() + ": " + what
	f.Fix = fix
	return f
}

// place says where it happened: "Pod shop/cart-7d9 on aks-arm64-2 (arm64), container side". A pod's only
// container goes without saying.
func (c container) place() string {
	text := at(c.pod, c.architecture)
	if c.volume != "" {
		return text + ", image volume " + c.volume
	}
	if len(c.pod.Spec.InitContainers)+len(c.pod.Spec.Containers) > 1 {
		text += ", container " + c.Name
	}
	return text
}

// at names a pod and its node: "Pod shop/cart-7d9 on aks-arm64-2 (arm64)".
func at(pod *corev1.Pod, architecture string) string {
	text := object.Name("Pod", pod)
	if pod.Spec.NodeName != "" {
		text += " on " + pod.Spec.NodeName
	}
	if architecture != "" {
		text += fmt.Sprintf(" (%s)", architecture)
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

// permanent is a diagnosis that only a change to image, manifest or cluster heals.
func permanent(f *finding.Finding) finding.Diagnosis {
	return finding.Diagnosis{Finding: f, Permanent: true}
}

func architectureOf(name string, nodes []corev1.Node) string {
	if architecture := node.Architectures(nodes)(name); architecture != node.Unknown {
		return architecture
	}
	return ""
}
