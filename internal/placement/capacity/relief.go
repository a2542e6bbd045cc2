package capacity

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/interpodaffinity"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodeports"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/podtopologyspread"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/room"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
)

// relief says what would help a workload whose pods do not all fit.
func (d Deploy) relief(w pods.Workload, f room.Forecast) string {
	if f.Why["node(s) didn't match pod topology spread constraints"] > 0 && d.countsTaintedNodes(w) {
		return "Set nodeTaintsPolicy: Honor in its topologySpreadConstraints: by default they count nodes with taints that " +
			"it does not tolerate, where no pod of it can be."
	}
	if w.IsDaemonSet() && len(f.Why) == 0 {
		return "Add the same nodeSelector to its template."
	}
	return remedyOf(f.Why)
}

// remedyOf is what helps against what keeps pods off the nodes: smaller requests only where resources are short.
func remedyOf(why schedule.Reasons) string {
	any := func(is func(reason string) bool) bool { return slices.ContainsFunc(slices.Collect(maps.Keys(why)), is) }
	short, apart := any(schedule.IsShortage), why[interpodaffinity.ErrReasonAntiAffinityRulesNotMatch]+
		why[interpodaffinity.ErrReasonExistingAntiAffinityRulesNotMatch] > 0
	switch {
	case short && apart:
		return "Lower its requests or the number of replicas, or add a node; its anti-affinity lets each node take one."
	case short:
		return "Lower its requests or the number of replicas, or add a node."
	case apart:
		return "Lower the number of replicas, add a node, or make its anti-affinity preferred instead of required."
	case why[interpodaffinity.ErrReasonAffinityRulesNotMatch] > 0:
		return "Deploy the pods that it must be beside where it may run, or make its affinity preferred instead of required."
	case why[nodeports.ErrReason] > 0:
		return "Lower the number of replicas, add a node, or remove its hostPort, which each node has once."
	case any(isAboutVolumes):
		return "Add a node where its volumes can be, or use a storage class whose volumes can be on its nodes."
	case why[podtopologyspread.ErrReasonNodeLabelNotMatch] > 0:
		return "Have its topologySpreadConstraints name a topologyKey that the nodes have as a label, or label the nodes."
	case why[podtopologyspread.ErrReasonConstraintsNotMatch] > 0:
		return "Add a node where it has too few pods, or raise maxSkew in its topologySpreadConstraints."
	}
	return "Lower the number of replicas, or add a node."
}

// isAboutVolumes: the scheduler says that a node can't use a pod's volumes, or can't use as many.
func isAboutVolumes(reason string) bool { return strings.Contains(strings.ToLower(reason), "volume") }

// countsTaintedNodes: a required spread has its nodes' taints ignored, and there are such nodes.
func (d Deploy) countsTaintedNodes(w pods.Workload) bool {
	ignores := slices.ContainsFunc(w.Spec.TopologySpreadConstraints, func(c corev1.TopologySpreadConstraint) bool {
		return c.WhenUnsatisfiable == corev1.DoNotSchedule &&
			(c.NodeTaintsPolicy == nil || *c.NodeTaintsPolicy == corev1.NodeInclusionPolicyIgnore)
	})
	return ignores && slices.ContainsFunc(d.Cluster.Nodes, func(n corev1.Node) bool {
		return len(node.Barring(w.Spec.Tolerations, n.Spec.Taints)) > 0
	})
}
