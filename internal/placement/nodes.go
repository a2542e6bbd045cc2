package placement

import (
	"cmp"
	"slices"

	"github.com/containerd/platforms"
	corev1 "k8s.io/api/core/v1"
)

// NodeGroup counts the nodes that are alike in platform and taints.
type NodeGroup struct {
	// Architecture is a GOARCH value and OS a GOOS value, as the kubelet reports them.
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
	Count        int    `json:"count"`
	// Taints are written as kubectl does, "key=value:Effect" or "key:Effect", in order. Never nil.
	Taints []string `json:"taints"`
}

// GroupNodes groups nodes for the report, ordered by architecture, os and taints.
func GroupNodes(nodes []corev1.Node) []NodeGroup {
	groups := []NodeGroup{}
	for n := range nodes {
		g := groupOf(&nodes[n])
		i, found := slices.BinarySearchFunc(groups, g, compareGroups)
		if !found {
			groups = slices.Insert(groups, i, g)
		}
		groups[i].Count++
	}
	return groups
}

func groupOf(node *corev1.Node) NodeGroup {
	p := platformOf(node)
	g := NodeGroup{Architecture: p.Architecture, OS: p.OS, Taints: []string{}}
	for _, t := range node.Spec.Taints {
		g.Taints = append(g.Taints, t.ToString())
	}
	slices.Sort(g.Taints)
	return g
}

func compareGroups(a, b NodeGroup) int {
	return cmp.Or(cmp.Compare(a.Architecture, b.Architecture), cmp.Compare(a.OS, b.OS), slices.Compare(a.Taints, b.Taints))
}

// platformOf prefers what the kubelet found to labels, which anyone can set. Variants are in neither.
func platformOf(node *corev1.Node) platforms.Platform {
	labels, info := node.Labels, node.Status.NodeInfo
	return platforms.Platform{
		Architecture: cmp.Or(info.Architecture, labels[corev1.LabelArchStable], labels["beta.kubernetes.io/arch"]),
		OS:           cmp.Or(info.OperatingSystem, labels[corev1.LabelOSStable], "linux"),
	}
}
