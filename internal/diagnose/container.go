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
}

// containersOf lists a pod's containers in the order in which the kubelet starts them.
func containersOf(pod *corev1.Pod, ev Evidence) []container {
	architecture := architectureOf(pod.Spec.NodeName, ev.Nodes)
	var all []container
	for _, c := range object.Containers(pod) {
		all = append(all, container{c, pod, architecture, ev})
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
	text := object.Name("Pod", c.pod)
	if c.pod.Spec.NodeName != "" {
		text += " on " + c.pod.Spec.NodeName
	}
	if c.architecture != "" {
		text += fmt.Sprintf(" (%s)", c.architecture)
	}
	if len(c.pod.Spec.InitContainers)+len(c.pod.Spec.Containers) > 1 {
		text += ", container " + c.Name
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
