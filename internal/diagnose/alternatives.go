package diagnose

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
)

// otherNodes names the half of a mixed cluster that a pin gives up: nodes of CPUs that no open node has, which the
// pod's images run on, or else have to be built for. Whether these have room is not looked at. It is "" where images
// are unknown, and for a DaemonSet's pod, which is made for one node.
func otherNodes(pod *corev1.Pod, open []corev1.Node, ev Evidence) string {
	unknown := slices.ContainsFunc(containersOf(pod, ev), func(c container) bool { return len(c.image().Platforms) == 0 })
	if owner := metav1.GetControllerOfNoCopy(pod); unknown || owner != nil && owner.Kind == "DaemonSet" {
		return ""
	}
	var ready, unbuilt []corev1.Node
	for _, n := range otherCPUs(open, ev.Nodes) {
		if runsOn(pod, node.Architecture(&n), ev) {
			ready = append(ready, n)
		} else {
			unbuilt = append(unbuilt, n)
		}
	}
	switch {
	case len(ready) > 0:
		return fmt.Sprintf(" Or let it use the %s node(s), on which its images run too.", count(ready))
	case len(unbuilt) > 0:
		return fmt.Sprintf(" Or build its images for the %s node(s) too, and let it use them.", count(unbuilt))
	}
	return ""
}

// otherCPUs leaves out the nodes of a CPU that open nodes have, and those with a taint that is not about their CPU:
// they are for something else, cordoned or not well.
func otherCPUs(open, all []corev1.Node) []corev1.Node {
	return slices.DeleteFunc(slices.Clone(all), func(n corev1.Node) bool {
		cpu := node.Architecture(&n)
		return slices.ContainsFunc(open, func(o corev1.Node) bool { return node.Architecture(&o) == cpu }) ||
			node.Unavailable(&n) != "" ||
			slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return !node.Architectural(t, cpu) })
	})
}
