package scheduling

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

func TestPod_that_waits_for_a_node(t *testing.T) {
	arm := corev1.Taint{Key: "kubernetes.io/arch", Value: "arm64", Effect: corev1.TaintEffectNoSchedule}
	system := corev1.Taint{Key: "CriticalAddonsOnly", Value: "true", Effect: corev1.TaintEffectNoSchedule}
	byHand := corev1.Taint{Key: "example.com/arm64", Value: "true", Effect: corev1.TaintEffectNoSchedule}
	cordon := corev1.Taint{Key: "node.kubernetes.io/unschedulable", Effect: corev1.TaintEffectNoSchedule}
	soft := corev1.Taint{Key: "kubernetes.io/arch", Value: "arm64", Effect: corev1.TaintEffectPreferNoSchedule}
	const full = "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). preemption: 0/2 " +
		"nodes are available"
	tests := []struct {
		name     string
		owner    string
		selector map[string]string
		nodes    []corev1.Node
		message  string
		image    []v1.Platform
		want     finding.Code
		text     string
		fix      string
	}{
		{
			name: "only_tainted_nodes", nodes: []corev1.Node{nodeOf("b", "arm64", arm)},
			message: "0/1 nodes are available: 1 node(s) had untolerated taint(s).",
			want:    finding.UntoleratedTaint,
			text: "Pod shop/cart waits for a node: 1 arm64 node(s) carry the taint kubernetes.io/arch=arm64:NoSchedule, which " +
				"it does not tolerate.",
			fix: "Where its images run on those nodes, tolerate the taint:\n    tolerations:\n    - {key: " +
				"kubernetes.io/arch, operator: Equal, value: \"arm64\", effect: NoSchedule}",
		},
		{
			name:  "full_amd64_and_tainted_arm64_for_an_image_that_runs_on_both",
			nodes: []corev1.Node{nodeOf("s", "amd64", system), nodeOf("a", "amd64"), nodeOf("b", "arm64", arm)}, message: full,
			image: []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}},
			want:  finding.InsufficientCapacity,
			text: "Pod shop/cart waits for a node: the 1 amd64 node(s) open to it will not do (0/2 nodes are available: 1 " +
				"Insufficient cpu, 1 node(s) had untolerated taint(s)), and 1 amd64 node(s) carry the taint " +
				"CriticalAddonsOnly=true:NoSchedule, 1 arm64 node(s) carry the taint kubernetes.io/arch=arm64:NoSchedule, which " +
				"it does not tolerate.",
			fix: "Lower the resource requests or the number of replicas, or add a node.\n" +
				"Where its images run on those nodes, tolerate the taint:\n    tolerations:\n    - {key: " +
				"kubernetes.io/arch, operator: Equal, value: \"arm64\", effect: NoSchedule}",
		},
		{
			name:  "full_amd64_and_arm64_with_a_taint_of_the_users_own",
			nodes: []corev1.Node{nodeOf("a", "amd64"), nodeOf("b", "arm64", byHand)}, message: full,
			image: []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}},
			want:  finding.InsufficientCapacity,
			text: "Pod shop/cart waits for a node: the 1 amd64 node(s) open to it will not do (0/2 nodes are available: 1 " +
				"Insufficient cpu, 1 node(s) had untolerated taint(s)), and 1 arm64 node(s) carry the taint " +
				"example.com/arm64=true:NoSchedule, which it does not tolerate.",
			fix: "Lower the resource requests or the number of replicas, or add a node.\n" +
				"Where its images run on those nodes, tolerate the taint:\n    tolerations:\n    - {key: " +
				"example.com/arm64, operator: Equal, value: \"true\", effect: NoSchedule}",
		},
		{
			name: "only_cordoned_nodes", nodes: []corev1.Node{nodeOf("b", "arm64", cordon)},
			message: "0/1 nodes are available: 1 node(s) were unschedulable.",
			want:    finding.NoMatchingNode,
			text:    "Pod shop/cart waits for a node: 1 arm64 node(s) that it could use are cordoned.",
			fix:     "Let them take pods again: kubectl uncordon b",
		},
		{
			name:  "full_amd64_for_an_image_that_runs_nowhere_else",
			nodes: []corev1.Node{nodeOf("a", "amd64"), nodeOf("b", "arm64", arm)}, message: full,
			image: []v1.Platform{{OS: "linux", Architecture: "amd64"}},
			want:  finding.InsufficientCapacity,
			text: "Pod shop/cart waits for a node: the nodes that it could use have no room: 0/2 nodes are available: 1 " +
				"Insufficient cpu, 1 node(s) had untolerated taint(s).",
			fix: "Lower the resource requests or the number of replicas, or add a node. Or build its images for the 1 arm64 " +
				"node(s) too, and let it use them.",
		},
		{
			name: "full_amd64_that_an_image_for_both_is_pinned_to", selector: map[string]string{"kubernetes.io/arch": "amd64"},
			nodes: []corev1.Node{nodeOf("a", "amd64"), nodeOf("b", "arm64", arm)}, message: full,
			image: []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}},
			want:  finding.InsufficientCapacity,
			text: "Pod shop/cart waits for a node: the nodes that it could use have no room: 0/2 nodes are available: 1 " +
				"Insufficient cpu, 1 node(s) had untolerated taint(s).",
			fix: "Lower the resource requests or the number of replicas, or add a node. Or let it use the 1 arm64 node(s), " +
				"on which its images run too.",
		},
		{
			name: "full_amd64_for_a_DaemonSet_whose_pod_is_made_for_one_node", owner: "DaemonSet",
			nodes: []corev1.Node{nodeOf("a", "amd64"), nodeOf("b", "arm64", arm)}, message: full,
			image: []v1.Platform{{OS: "linux", Architecture: "amd64"}},
			want:  finding.InsufficientCapacity,
			text: "Pod shop/cart waits for a node: the nodes that it could use have no room: 0/2 nodes are available: 1 " +
				"Insufficient cpu, 1 node(s) had untolerated taint(s).",
			fix: "Lower the resource requests or the number of replicas, or add a node.",
		},
		{
			name:  "full_amd64_and_arm64_that_is_for_something_else",
			nodes: []corev1.Node{nodeOf("a", "amd64"), nodeOf("b", "arm64", system)}, message: full,
			image: []v1.Platform{{OS: "linux", Architecture: "amd64"}},
			want:  finding.InsufficientCapacity,
			text: "Pod shop/cart waits for a node: the nodes that it could use have no room: 0/2 nodes are available: 1 " +
				"Insufficient cpu, 1 node(s) had untolerated taint(s).",
			fix: "Lower the resource requests or the number of replicas, or add a node.",
		},
		{
			name:    "a_cordoned_node_beside_one_for_something_else",
			nodes:   []corev1.Node{nodeOf("s", "amd64", system), nodeOf("b", "arm64", cordon)},
			message: "0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable.",
			want:    finding.NoMatchingNode,
			text:    "Pod shop/cart waits for a node: 1 arm64 node(s) that it could use are cordoned.",
			fix:     "Let them take pods again: kubectl uncordon b",
		},
		{
			name: "pods_that_keep_away_from_one_another", nodes: []corev1.Node{nodeOf("a", "amd64")},
			message: "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.",
			want:    finding.InsufficientCapacity,
			text: "Pod shop/cart waits for a node: the nodes that it could use have no room: 0/1 nodes are available: 1 " +
				"node(s) didn't match pod anti-affinity rules.",
			fix: "Add a node, run fewer replicas, or loosen podAntiAffinity to " +
				"preferredDuringSchedulingIgnoredDuringExecution.",
		},
		{
			name:    "a_cordoned_node_beside_one_of_another_CPU_that_an_image_for_both_could_use",
			nodes:   []corev1.Node{nodeOf("a", "amd64", cordon), nodeOf("b", "arm64", arm)},
			message: "0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable.",
			image:   []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}},
			want:    finding.NoMatchingNode,
			text: "Pod shop/cart waits for a node: 1 amd64 node(s) that it could use are cordoned, and 1 arm64 node(s) " +
				"carry the taint kubernetes.io/arch=arm64:NoSchedule, which it does not tolerate.",
			fix: "Let them take pods again: kubectl uncordon a\nWhere its images run on those nodes, tolerate the " +
				"taint:\n    tolerations:\n    - {key: kubernetes.io/arch, operator: Equal, value: \"arm64\", effect: NoSchedule}",
		},
		{
			name:  "pods_that_keep_away_from_one_another_beside_tainted_nodes",
			nodes: []corev1.Node{nodeOf("a", "amd64"), nodeOf("b", "arm64", arm)},
			message: "0/2 nodes are available: 1 node(s) didn't match pod anti-affinity rules, 1 node(s) had untolerated " +
				"taint(s).",
			image: []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}},
			want:  finding.InsufficientCapacity,
			text: "Pod shop/cart waits for a node: the 1 amd64 node(s) open to it will not do (0/2 nodes are available: 1 " +
				"node(s) didn't match pod anti-affinity rules, 1 node(s) had untolerated taint(s)), and 1 arm64 node(s) carry " +
				"the taint kubernetes.io/arch=arm64:NoSchedule, which it does not tolerate.",
			fix: "Add a node, run fewer replicas, or loosen podAntiAffinity to " +
				"preferredDuringSchedulingIgnoredDuringExecution.\n" +
				"Where its images run on those nodes, tolerate the taint:\n    tolerations:\n    - {key: " +
				"kubernetes.io/arch, operator: Equal, value: \"arm64\", effect: NoSchedule}",
		},
		{
			name:    "a_spread_beside_tainted_nodes_that_an_image_for_both_could_use",
			nodes:   []corev1.Node{nodeOf("a", "amd64"), nodeOf("b", "arm64", arm)},
			message: "0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints.",
			image:   []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}},
			want:    finding.InsufficientCapacity,
			text: "Pod shop/cart waits for a node: the 1 amd64 node(s) open to it will not do (0/2 nodes are available: 1 " +
				"node(s) didn't match pod topology spread constraints), and 1 arm64 node(s) carry the taint " +
				"kubernetes.io/arch=arm64:NoSchedule, which it does not tolerate.",
			fix: "Set nodeTaintsPolicy: Honor in topologySpreadConstraints, where they count nodes with taints that the pod " +
				"does not tolerate, or whenUnsatisfiable: ScheduleAnyway. Or add a node.\nWhere its images run on those nodes, " +
				"tolerate the taint:\n    tolerations:\n    - {key: " +
				"kubernetes.io/arch, operator: Equal, value: \"arm64\", " +
				"effect: NoSchedule}",
		},
		{
			name:    "a_port_of_the_nodes_that_another_pod_has",
			nodes:   []corev1.Node{nodeOf("a", "amd64")},
			message: "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
			want:    finding.InsufficientCapacity,
			text: "Pod shop/cart waits for a node: the nodes that it could use have no room: 0/1 nodes are available: 1 " +
				"node(s) didn't have free ports for the requested pod ports.",
			fix: "Another pod has the hostPort on these nodes: use another port, run fewer replicas, or add a node.",
		},
		{
			name: "a_spread_that_counts_tainted_nodes", nodes: []corev1.Node{nodeOf("a", "amd64"), nodeOf("b", "arm64", arm)},
			message: "0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) had " +
				"untolerated taint(s).",
			image: []v1.Platform{{OS: "linux", Architecture: "amd64"}},
			want:  finding.InsufficientCapacity,
			text: "Pod shop/cart waits for a node: the nodes that it could use have no room: 0/2 nodes are available: 1 " +
				"node(s) didn't match pod topology spread constraints, 1 node(s) had untolerated taint(s).",
			fix: "Set nodeTaintsPolicy: Honor in topologySpreadConstraints, where they count nodes with taints that the " +
				"pod does not tolerate, or whenUnsatisfiable: ScheduleAnyway. Or add a node. Or build its " +
				"images for the 1 arm64 node(s) too, and let it use them.",
		},
		{
			name: "selector_matches_nothing", selector: map[string]string{"kubernetes.io/arch": "s390x"},
			nodes:   []corev1.Node{nodeOf("a", "amd64"), nodeOf("b", "arm64", arm)},
			message: "0/2 nodes are available: 2 node(s) had untolerated taint(s).",
			want:    finding.NoMatchingNode,
			text: "Pod shop/cart waits for a node: no node matches its node selector and affinity; the cluster has 1 amd64 " +
				"and 1 arm64 nodes.",
			fix: "Change nodeSelector or nodeAffinity, or add a node that they match.",
		},
		{
			name: "a_soft_taint_keeps_nobody_away", nodes: []corev1.Node{nodeOf("b", "arm64", soft)},
			message: "0/1 nodes are available: 1 Too many pods.",
			want:    finding.InsufficientCapacity,
			text: "Pod shop/cart waits for a node: the nodes that it could use have no room: 0/1 nodes are available: 1 Too " +
				"many pods.",
			fix: "Lower the resource requests or the number of replicas, or add a node.",
		},
		{
			name: "nodes_unknown_but_the_message_names_the_taint", message: "0/6 nodes are available: 3 node(s) didn't match " +
				"Pod's node affinity/selector, 3 node(s) had untolerated taint {kubernetes.io/arch: arm64}.",
			want: finding.UntoleratedTaint,
			text: "Pod shop/cart waits for a node: the nodes carry taints that it does not tolerate: 0/6 nodes are available: " +
				"3 node(s) didn't match Pod's node affinity/selector, 3 node(s) had untolerated taint {kubernetes.io/arch: arm64}.",
			fix: "Add a toleration, or remove the taint.",
		},
		{
			name: "volume_stands_elsewhere", nodes: []corev1.Node{nodeOf("a", "amd64")},
			message: "0/1 nodes are available: 1 node(s) had volume node affinity conflict.",
			want:    finding.NoMatchingNode,
			text: "Pod shop/cart waits for a node: no node will do: 0/1 nodes are available: 1 node(s) had volume node " +
				"affinity conflict.",
			fix: "Change what the pod asks for, or add a node that has it.",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			pod := cart()
			pod.Spec.NodeSelector = test.selector
			pod.OwnerReferences = []metav1.OwnerReference{{Kind: test.owner, Controller: new(true)}}
			pod.Status = corev1.PodStatus{Conditions: []corev1.PodCondition{{
				Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable,
				Message: test.message,
			}}}
			got := Pod(t.Context(), pod, Evidence{
				Nodes:  test.nodes,
				Images: []platform.Offer{{Platforms: test.image}},
			})
			want := finding.Diagnosis{Finding: &finding.Finding{
				Code: test.want, Severity: finding.Error, Object: "v1 Pod shop/cart", Message: test.text, Fix: test.fix,
			}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
