package scheduling

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// byArchitecture returns the nodes whose every taint is about their CPU.
func byArchitecture(kept []taintedNode) []taintedNode {
	return slices.DeleteFunc(slices.Clone(kept), func(k taintedNode) bool {
		return slices.ContainsFunc(k.taints, func(t corev1.Taint) bool {
			return !node.Architectural(t,
				node.Architecture(&k.node))
		})
	})
}

// runnable keeps the nodes whose CPU every image of the pod is known to run on.
func runnable(kept []taintedNode, ev Evidence) []taintedNode {
	return slices.DeleteFunc(slices.Clone(kept), func(k taintedNode) bool {
		return !ev.runsOn(node.Architecture(&k.node))
	})
}

// runsOn reports whether every image of the pod is known to run on the CPU.
func (ev Evidence) runsOn(architecture string) bool {
	return !slices.ContainsFunc(ev.Images, func(image platform.Offer) bool { return !image.RunsOn(architecture) })
}

// describe says which taints keep the pod off: "3 arm64 nodes carry the taint kubernetes.io/arch=arm64:NoSchedule,
// which it does not tolerate".
func describe(kept []taintedNode) string {
	groups := map[string][]corev1.Node{}
	for _, k := range kept {
		names := taintNames(k.taints)
		groups[names] = append(groups[names], k.node)
	}
	var parts []string
	for _, names := range slices.Sorted(maps.Keys(groups)) {
		parts = append(parts, fmt.Sprintf("%s node(s) carry %s", count(groups[names]), names))
	}
	return strings.Join(parts, ", ") + ", which it does not tolerate"
}

// tolerate is the YAML that opens the first of the nodes.
func tolerate(kept []taintedNode) string {
	var lines []string
	for _, t := range kept[0].taints {
		line := fmt.Sprintf("{key: %s, operator: Exists, effect: %s}", t.Key, t.Effect)
		if t.Value != "" {
			line = fmt.Sprintf("{key: %s, operator: Equal, value: %q, effect: %s}", t.Key, t.Value, t.Effect)
		}
		lines = append(lines, "    - "+line)
	}
	return "Where its images run on those nodes, tolerate the taint:\n    tolerations:\n" + strings.Join(lines, "\n")
}

func taintNames(taints []corev1.Taint) string {
	var names []string
	for _, t := range taints {
		names = append(names, t.ToString())
	}
	slices.Sort(names)
	if len(names) == 1 {
		return "the taint " + names[0]
	}
	return "the taints " + platform.Conjoin(names)
}

// count is "3 amd64 and 1 arm64".
func count(all []corev1.Node) string {
	number := map[string]int{}
	for i := range all {
		number[node.Architecture(&all[i])]++
	}
	var parts []string
	for _, a := range slices.Sorted(maps.Keys(number)) {
		parts = append(parts, fmt.Sprintf("%d %s", number[a], a))
	}
	return platform.Conjoin(parts)
}

// otherNodes names the half of a mixed cluster that a pin gives up: nodes of CPUs that no open node has, which the
// pod's images run on, or else have to be built for. Whether these have room is not looked at. It is "" where images
// are unknown, and for a DaemonSet's pod, which is made for one node.
func otherNodes(pod *corev1.Pod, open []corev1.Node, ev Evidence) string {
	unknown := slices.ContainsFunc(ev.Images, func(image platform.Offer) bool { return len(image.Platforms) == 0 })
	if owner := metav1.GetControllerOfNoCopy(pod); unknown || owner != nil && owner.Kind == "DaemonSet" {
		return ""
	}
	var ready, unbuilt []corev1.Node
	for _, n := range otherCPUs(open, ev.Nodes) {
		if ev.runsOn(node.Architecture(&n)) {
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
