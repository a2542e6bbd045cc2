// Package node answers what a Kubernetes node is: its platform, which of its taints last, are about its CPU or are
// tolerated, and whether it takes pods now. Plan, watch and diagnosis all ask here, so that they agree.
// It looks at values only.
package node

import (
	"cmp"

	"github.com/containerd/platforms"
	corev1 "k8s.io/api/core/v1"
)

// Unknown is the architecture of a node of which neither the kubelet nor a label reports one, such as a node object
// that was just registered by hand. Nothing can be said about what runs there.
const Unknown = "unknown"

const (
	betaArchitecture = "beta.kubernetes.io/arch"
	betaOS           = "beta.kubernetes.io/os"
)

// Platform returns a node's OS and architecture, as GOOS and GOARCH values. What the kubelet found goes before labels,
// which anyone can set (https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-arch). Variants
// are in neither. Without any report the OS is linux and the architecture Unknown.
func Platform(node *corev1.Node) platforms.Platform {
	labels, info := node.Labels, node.Status.NodeInfo
	return platforms.Platform{
		Architecture: cmp.Or(info.Architecture, labels[corev1.LabelArchStable], labels[betaArchitecture], Unknown),
		OS:           cmp.Or(info.OperatingSystem, labels[corev1.LabelOSStable], labels[betaOS], "linux"),
	}
}

// Architecture returns a node's GOARCH value, or Unknown.
func Architecture(node *corev1.Node) string { return Platform(node).Architecture }

// Kind is what distinguishes nodes for images: the architecture, with the OS where that is not linux: "arm64",
// "windows/amd64".
func Kind(p platforms.Platform) string {
	if p.OS == "linux" || p.OS == "" {
		return p.Architecture
	}
	return p.OS + "/" + p.Architecture
}

// Architectures returns a function from the name of a node to its Kind: "" for a node that is not among them.
func Architectures(nodes []corev1.Node) func(name string) string {
	byName := make(map[string]string, len(nodes))
	for i := range nodes {
		byName[nodes[i].Name] = Kind(Platform(&nodes[i]))
	}
	return func(name string) string { return byName[name] }
}
