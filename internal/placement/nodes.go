package placement

import (
	"cmp"
	"slices"

	"github.com/containerd/platforms"
	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

// NodeGroup counts the nodes that are alike in platform and taints, or are of one pool.
type NodeGroup struct {
	// Architecture is a GOARCH value, or "unknown", and OS a GOOS value, as the kubelet reports them.
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
	// Count is how many there are today: 0 of a pool without nodes.
	Count int `json:"count"`
	// Taints are written as kubectl does, "key=value:Effect" or "key:Effect", in order. Never nil.
	Taints []string `json:"taints"`
	// Source is where the pool was read, "cluster" for nodes of no known pool, and Pool its name.
	Source pool.Source `json:"source"`
	Pool   string      `json:"pool"`
	// Max is how many there may be; null where no limit is known.
	Max *int `json:"max"`
}

// Kind is the column of a table that the nodes belong to: the architecture, with the OS where that is not linux.
func (g NodeGroup) Kind() string {
	return node.Kind(platforms.Platform{OS: g.OS, Architecture: g.Architecture})
}

// GroupNodes groups nodes and pools for the report, ordered by architecture, os, taints, source and pool.
func GroupNodes(nodes []corev1.Node, pools []pool.Pool) []NodeGroup {
	groups := []NodeGroup{}
	for n := range nodes {
		of := pool.Of(&nodes[n], pools)
		g := in(&groups, groupOf(node.Platform(&nodes[n]), nodes[n].Spec.Taints, of))
		g.Count++
		if of == nil {
			g.Max = new(g.Count)
		}
	}
	for i := range pools {
		if pools[i].Source != pool.Platforms && pools[i].Count(nodes) == 0 {
			_ = in(&groups, groupOf(pools[i].Platform(), pools[i].Taints, &pools[i]))
		}
	}
	return groups
}

// in returns the group like g, which is added where there is none.
func in(groups *[]NodeGroup, g NodeGroup) *NodeGroup {
	i, found := slices.BinarySearchFunc(*groups, g, compareGroups)
	if !found {
		*groups = slices.Insert(*groups, i, g)
	}
	return &(*groups)[i]
}

func groupOf(p platforms.Platform, taints []corev1.Taint, of *pool.Pool) NodeGroup {
	g := NodeGroup{Architecture: p.Architecture, OS: p.OS, Taints: []string{}, Source: pool.Cluster}
	if of != nil {
		g.Source, g.Pool, g.Max = of.Source, of.Name, of.Max
	}
	for _, t := range taints {
		g.Taints = append(g.Taints, t.ToString())
	}
	slices.Sort(g.Taints)
	return g
}

func compareGroups(a, b NodeGroup) int {
	return cmp.Or(cmp.Compare(a.Architecture, b.Architecture), cmp.Compare(a.OS, b.OS), slices.Compare(a.Taints, b.Taints),
		cmp.Compare(a.Source, b.Source), cmp.Compare(a.Pool, b.Pool))
}
