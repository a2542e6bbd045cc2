package placement

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
)

// NodeGroup counts the nodes that are alike in platform and taints.
type NodeGroup struct {
	// Architecture is a GOARCH value, or "unknown", and OS a GOOS value, as the kubelet reports them.
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

func groupOf(n *corev1.Node) NodeGroup {
	p := node.Platform(n)
	g := NodeGroup{Architecture: p.Architecture, OS: p.OS, Taints: []string{}}
	for _, t := range n.Spec.Taints {
		g.Taints = append(g.Taints, t.ToString())
	}
	slices.Sort(g.Taints)
	return g
}

func compareGroups(a, b NodeGroup) int {
	return cmp.Or(cmp.Compare(a.Architecture, b.Architecture), cmp.Compare(a.OS, b.OS), slices.Compare(a.Taints, b.Taints))
}
