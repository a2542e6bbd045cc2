package diagnose

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	schedulinghelpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/klog/v2"

	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// untolerated returns the taints that keep the scheduler from placing the pod on the node.
func untolerated(pod *corev1.Pod, node corev1.Node) []corev1.Taint {
	var taints []corev1.Taint
	for _, taint := range node.Spec.Taints {
		blocks := taint.Effect == corev1.TaintEffectNoSchedule || taint.Effect == corev1.TaintEffectNoExecute
		if blocks && !schedulinghelpers.TolerationsTolerateTaint(klog.Background(), pod.Spec.Tolerations, &taint, false) {
			taints = append(taints, taint)
		}
	}
	return taints
}

// byArchitecture returns the nodes whose every taint only marks their CPU, as GKE marks Arm nodes with
// kubernetes.io/arch=arm64:NoSchedule and AKS users mark theirs with keys of their own.
func byArchitecture(kept []taintedNode) []taintedNode {
	return slices.DeleteFunc(slices.Clone(kept), func(k taintedNode) bool {
		return slices.ContainsFunc(k.taints, func(t corev1.Taint) bool { return t.Value != architecture(k.node) })
	})
}

// runnable keeps the nodes whose CPU every image of the pod is known to run on.
func runnable(pod *corev1.Pod, kept []taintedNode, ev Evidence) []taintedNode {
	return slices.DeleteFunc(slices.Clone(kept), func(k taintedNode) bool {
		return !runsOn(pod, architecture(k.node), ev)
	})
}

// runsOn tells whether every image of the pod is known to run on the CPU.
func runsOn(pod *corev1.Pod, architecture string, ev Evidence) bool {
	return !slices.ContainsFunc(subjects(pod, ev), func(s subject) bool { return !s.image().RunsOn(architecture) })
}

// describe says which taints keep the pod off: "3 arm64 nodes carry the taint kubernetes.io/arch=arm64:NoSchedule, which it does not tolerate".
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
	for _, node := range all {
		number[architecture(node)]++
	}
	var parts []string
	for _, a := range slices.Sorted(maps.Keys(number)) {
		parts = append(parts, fmt.Sprintf("%d %s", number[a], a))
	}
	return platform.Conjoin(parts)
}
