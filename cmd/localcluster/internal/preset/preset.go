// Package preset turns a description of node pools, one of the presets or a user's file, into Kubernetes nodes.
package preset

import (
	_ "embed"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
)

// The presets are nodes files like a user's own, and examples of them.
var (
	//go:embed aks.yaml
	aks []byte
	//go:embed gke.yaml
	gke []byte
)

// Named returns the nodes of the preset "aks" or "gke". Their kubelets say that they are of kubernetesVersion,
// such as "v1.36.3", where the preset names no version of its own.
func Named(name, kubernetesVersion string) ([]corev1.Node, error) {
	switch name {
	case "aks":
		return parse(aks, kubernetesVersion)
	case "gke":
		return parse(gke, kubernetesVersion)
	}
	return nil, fmt.Errorf("no preset is named %q: use aks or gke, or describe the nodes in a file and pass it with "+
		"--nodes", name)
}

// File returns the nodes that the YAML file at path describes, see Pools; kubernetesVersion is as in Named.
// The error names every problem of the file at once.
func File(path, kubernetesVersion string) ([]corev1.Node, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the nodes file: %w", err)
	}
	nodes, err := parse(data, kubernetesVersion)
	if err != nil {
		return nil, fmt.Errorf("nodes file %q: %w", path, err)
	}
	return nodes, nil
}
