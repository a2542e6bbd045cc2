package patch

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
)

// Widened is the workload as it could be on the nodes of the architectures, whatever ones it selects now, and
// tolerating the taints.
func Widened(w pods.Workload, architectures []string, taints []corev1.Taint) pods.Workload {
	wider, _ := with(w, Target{}, func(spec map[string]any) map[string]any {
		forgetArchitectures(spec)
		requireArchitectures(spec, map[string]any{}, architectures)
		tolerate(spec, map[string]any{}, taints)
		return nil
	})
	return wider
}

// AnyArchitecture is a pod spec that selects no architecture.
func AnyArchitecture(spec corev1.PodSpec) corev1.PodSpec {
	return amended(spec, func(spec map[string]any) map[string]any {
		forgetArchitectures(spec)
		return nil
	})
}

// forgetArchitectures has a pod spec select no architecture. An expression that all nodes meet takes the place of each
// in a term: one that selects nothing matches no node.
func forgetArchitectures(spec map[string]any) {
	delete(child(spec, "nodeSelector"), corev1.LabelArchStable)
	affinity, _ := spec["affinity"].(map[string]any)
	nodes, _ := affinity["nodeAffinity"].(map[string]any)
	required, _ := nodes["requiredDuringSchedulingIgnoredDuringExecution"].(map[string]any)
	terms, _ := required["nodeSelectorTerms"].([]any)
	for _, t := range terms {
		term, _ := t.(map[string]any)
		expressions, _ := term["matchExpressions"].([]any)
		for i, e := range expressions {
			if fields, _ := e.(map[string]any); fields["key"] == corev1.LabelArchStable {
				expressions[i] = map[string]any{"key": corev1.LabelArchStable,
					"operator": string(corev1.NodeSelectorOpExists)}
			}
		}
	}
}
