package scheduling

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// unavailable says why nodes that would do take no pods now: "2 arm64 node(s) that it could use are cordoned".
func unavailable(away []corev1.Node) string {
	groups := map[string][]corev1.Node{}
	for i := range away {
		why := node.Unavailable(&away[i])
		groups[why] = append(groups[why], away[i])
	}
	var parts []string
	for _, why := range slices.Sorted(maps.Keys(groups)) {
		parts = append(parts, fmt.Sprintf("%s node(s) that it could use are %s", count(groups[why]), why))
	}
	return strings.Join(parts, ", ")
}

// uncordon names the nodes to uncordon, or says to wait for those that are not ready. Their taints are not to be
// tolerated.
func uncordon(away []corev1.Node) string {
	var names []string
	for i := range away {
		if node.Unavailable(&away[i]) == "cordoned" {
			names = append(names, away[i].Name)
		}
	}
	if len(names) == 0 {
		return "Wait until they are ready, or see kubectl describe node."
	}
	return "Let them take pods again: kubectl uncordon " + strings.Join(names, " ")
}

// lacking says what the pod requests where no open node is that big: " It requests cpu 4; the largest of them has cpu
// 2."
func lacking(pod *corev1.Pod, open []corev1.Node) string {
	var parts []string
	for name, wanted := range requests(pod) {
		var largest corev1.Node
		for _, n := range open {
			have := n.Status.Allocatable[name]
			if most := largest.Status.Allocatable[name]; have.Cmp(most) > 0 {
				largest = n
			}
		}
		most := largest.Status.Allocatable[name]
		if largest.Name != "" && wanted.Cmp(most) > 0 {
			parts = append(parts, fmt.Sprintf("%s %s, where the largest of them, %s, has %s", name, wanted.String(),
				largest.Name, most.String()))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return " It requests " + platform.Conjoin(parts) + "."
}

// requests adds up what the pod's containers request; an init container counts as far as it wants more than they.
func requests(pod *corev1.Pod) corev1.ResourceList {
	total := corev1.ResourceList{}
	for _, c := range pod.Spec.Containers {
		for name, quantity := range c.Resources.Requests {
			sum := total[name].DeepCopy()
			sum.Add(quantity)
			total[name] = sum
		}
	}
	for _, c := range pod.Spec.InitContainers {
		for name, quantity := range c.Resources.Requests {
			if have := total[name]; quantity.Cmp(have) > 0 {
				total[name] = quantity
			}
		}
	}
	return total
}

// makeRoom is what to do about nodes without room, by what the scheduler says of them.
func makeRoom(message string) string {
	switch {
	case strings.Contains(message, "anti-affinity"):
		return "Add a node, run fewer replicas, or loosen podAntiAffinity to preferredDuringSchedulingIgnoredDuringExecution."
	case strings.Contains(message, "free ports"):
		return "Another pod has the hostPort on these nodes: use another port, run fewer replicas, or add a node."
	case strings.Contains(message, "topology spread"):
		return countTainted
	}
	return "Lower the resource requests or the number of replicas, or add a node."
}

// countTainted is the rule that keeps a pod off nodes with room, where others have taints.
const countTainted = "Set nodeTaintsPolicy: Honor in topologySpreadConstraints, where they count nodes with taints " +
	"that the pod does not tolerate, or whenUnsatisfiable: ScheduleAnyway. Or add a node."
