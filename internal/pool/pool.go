// Package pool describes the kinds of nodes that a cluster has or can have: also those that are scaled to zero, that a
// provisioner would start, or that are about to be added. It looks at values only.
package pool

import (
	"slices"

	"github.com/containerd/platforms"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
)

// Source is where a pool was read.
type Source string

// The sources.
const (
	// Cluster is of nodes that are there, of no pool that was read.
	Cluster Source = "cluster"
	// AKS is of agent pools, by Azure Resource Manager.
	AKS Source = "aks"
	// GKE is of node pools, Autopilot and node auto-provisioning, by Google's API, and of ComputeClasses in the cluster.
	GKE Source = "gke"
	// Karpenter is of NodePools in the cluster, on whichever cloud: AKS node auto-provisioning and EKS Auto Mode have
	// them too.
	Karpenter Source = "karpenter"
	// Expected is of the input expect-nodes.
	Expected Source = "expect-nodes"
	// Platforms is of nodes that nobody announced, one kind for each platform that images must have. A plan that holds
	// for any nodes asks about them. Nothing ever runs there.
	Platforms Source = "platforms"
)

// Pool is a kind of node, of one platform: a pool of several architectures is several of these.
type Pool struct {
	Source Source
	// Name is what its source calls it.
	Name string
	// OS is a GOOS value, and Architecture a GOARCH value or node.Unknown.
	OS, Architecture string
	// Labels are those that all its nodes have, besides the two of their platform.
	Labels map[string]string
	// Choices are labels of which its nodes can have any of some values.
	Choices map[string][]string
	// Open are labels of which its nodes can have any value; a prefix that ends in a slash is all of its labels.
	// OpenToAll: every label.
	Open      []string
	OpenToAll bool
	Taints    []corev1.Taint
	// Allocatable is what a node has for pods; nil where that is not known, and then nothing is too big for it.
	Allocatable corev1.ResourceList
	// Max is how many nodes the pool may have; nil where no limit is known.
	Max *int
	// Limits are what all its nodes may have together.
	Limits corev1.ResourceList
	// Grows: nodes are added when pods wait for them.
	Grows bool
	// Member are the labels by which its nodes are known. Without any, they are those that look like the pool's.
	Member map[string]string
}

// Platform is that of its nodes.
func (p Pool) Platform() platforms.Platform {
	return platforms.Platform{OS: p.OS, Architecture: p.Architecture}
}

// Title names the pool in a sentence: "the AKS pool spot".
func (p Pool) Title() string {
	switch p.Source {
	case AKS:
		return "the AKS pool " + p.Name
	case GKE:
		return "the GKE pool " + p.Name
	case Karpenter:
		return "the Karpenter pool " + p.Name
	case Expected:
		return "the pool of expect-nodes " + p.Name
	}
	return "the pool " + p.Name
}

// Has reports whether a node is one of the pool's.
func (p Pool) Has(n *corev1.Node) bool {
	at := node.Platform(n)
	switch {
	case p.Source == Platforms:
		return false
	case p.Architecture != node.Unknown && (at.Architecture != p.Architecture || at.OS != p.OS):
		return false
	case len(p.Member) > 0:
		return labels.SelectorFromSet(p.Member).Matches(labels.Set(n.Labels))
	}
	return labels.SelectorFromSet(p.Labels).Matches(labels.Set(n.Labels)) && sameTaints(p.lasting(), node.Lasting(n))
}

func (p Pool) lasting() []corev1.Taint {
	return node.Lasting(&corev1.Node{Spec: corev1.NodeSpec{Taints: p.Taints}})
}

func sameTaints(a, b []corev1.Taint) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(t corev1.Taint) bool {
		return !slices.ContainsFunc(b, func(u corev1.Taint) bool { return t.MatchTaint(&u) && t.Value == u.Value })
	})
}

// Of returns the first pool that a node is of, or nil.
func Of(n *corev1.Node, pools []Pool) *Pool {
	for i := range pools {
		if pools[i].Has(n) {
			return &pools[i]
		}
	}
	return nil
}

// Plenty is the size of a node that has room for whatever there is, but for what only some nodes have, such as GPUs.
func Plenty() corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("1M"),
		corev1.ResourceMemory:           resource.MustParse("1Pi"),
		corev1.ResourceEphemeralStorage: resource.MustParse("1Pi"),
		corev1.ResourcePods:             resource.MustParse("110"),
	}
}

// OfPlatforms are nodes that nobody announced, of every platform.
func OfPlatforms(all []v1.Platform) []Pool {
	var pools []Pool
	for _, p := range all {
		pools = append(pools, Pool{Source: Platforms, Name: p.String(), OS: p.OS, Architecture: p.Architecture,
			OpenToAll: true})
	}
	return pools
}

// Count counts the pool's nodes.
func (p Pool) Count(nodes []corev1.Node) int {
	count := 0
	for i := range nodes {
		if p.Has(&nodes[i]) {
			count++
		}
	}
	return count
}

// PlatformsOf are those of the nodes and pools, each once.
func PlatformsOf(nodes []corev1.Node, pools []Pool) (list []v1.Platform) {
	add := func(known platforms.Platform) {
		p := v1.Platform{OS: known.OS, Architecture: known.Architecture, Variant: known.Variant}
		if !slices.ContainsFunc(list, p.Equals) {
			list = append(list, p)
		}
	}
	for i := range nodes {
		add(node.Platform(&nodes[i]))
	}
	for _, p := range pools {
		add(p.Platform())
	}
	return list
}
