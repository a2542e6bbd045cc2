package node

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Unavailable says why a node takes no new pods for now: "cordoned", "not ready", or the passing taint that it has,
// such as "tainted karpenter.sh/disrupted:NoSchedule". It is "" for a node that takes pods. A node without a Ready
// condition counts as ready: a node that is only planned has none.
func Unavailable(node *corev1.Node) string {
	if node.Spec.Unschedulable || slices.ContainsFunc(node.Spec.Taints, hasKey(corev1.TaintNodeUnschedulable)) {
		return "cordoned"
	}
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady && c.Status != corev1.ConditionTrue {
			return "not ready"
		}
	}
	if slices.ContainsFunc(node.Spec.Taints, hasKey(corev1.TaintNodeNotReady)) ||
		slices.ContainsFunc(node.Spec.Taints, hasKey(corev1.TaintNodeUnreachable)) {
		return "not ready"
	}
	for _, t := range node.Spec.Taints {
		if Blocks(t) && Passing(t) {
			return "tainted " + t.ToString()
		}
	}
	return ""
}

func hasKey(key string) func(corev1.Taint) bool {
	return func(t corev1.Taint) bool { return t.Key == key && Blocks(t) }
}
