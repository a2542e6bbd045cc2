package preset

import (
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// Pools is a nodes file:
//
//	labels: {team: shop}              # of every node
//	pools:
//	- name: arm
//	  count: 3                        # or nodes: [the, names]
//	  architecture: arm64
//	  taints: ["arch=arm64:NoSchedule"]
//	  capacity: {cpu: 4, memory: 16Gi, pods: 110}
//
// An empty list of pools makes a cluster without nodes.
type Pools struct {
	// Labels are set on every node; a pool's own win.
	Labels map[string]string `json:"labels,omitempty"`
	Pools  []Pool            `json:"pools"`
}

// Pool is a group of nodes that are equal but for their names.
type Pool struct {
	// Name is needed, and unique in the file.
	Name string `json:"name"`
	// Count of nodes, named after the pool: arm-0, arm-1. Default 1, or as many as Nodes.
	Count *int `json:"count,omitempty"`
	// Nodes names the nodes one by one, in place of Count.
	Nodes []string `json:"nodes,omitempty"`
	// OS is GOOS's name: linux (the default) or windows.
	OS string `json:"os,omitempty"`
	// Architecture is GOARCH's name, such as amd64 or arm64. It is needed.
	Architecture string `json:"architecture"`
	// Labels come on top of those a kubelet sets itself: hostname, operating system and architecture.
	Labels map[string]string `json:"labels,omitempty"`
	// Taints in kubectl's form, KEY=VALUE:EFFECT or KEY:EFFECT.
	Taints []string `json:"taints,omitempty"`
	// Capacity by resource; cpu, memory and pods default to 4, 16Gi and 110.
	Capacity map[corev1.ResourceName]quantity `json:"capacity,omitempty"`
	// Allocatable by resource is what pods can request; it defaults to Capacity.
	Allocatable map[corev1.ResourceName]quantity `json:"allocatable,omitempty"`
	// Unschedulable cordons the nodes.
	Unschedulable bool `json:"unschedulable,omitempty"`
	// KubernetesVersion of the kubelets, such as v1.36.3: the control plane's own by default.
	KubernetesVersion string `json:"kubernetesVersion,omitempty"`
	// ContainerdVersion, such as 1.7.29. Default 2.3.7.
	ContainerdVersion string `json:"containerdVersion,omitempty"`
	// OSImage and KernelVersion are shown by kubectl get nodes -o wide.
	OSImage       string `json:"osImage,omitempty"`
	KernelVersion string `json:"kernelVersion,omitempty"`
}

// quantity is a resource quantity as it was written, a number or a string, so that a bad one can be reported
// together with the file's other problems.
type quantity string

// UnmarshalJSON keeps the text.
func (q *quantity) UnmarshalJSON(data []byte) error {
	*q = quantity(strings.Trim(string(data), `"`))
	return nil
}

// parse reads a nodes file strictly and makes its nodes.
func parse(data []byte, kubernetesVersion string) ([]corev1.Node, error) {
	asJSON, err := yaml.YAMLToJSONStrict(data)
	if err != nil {
		return nil, fmt.Errorf("it is no YAML that can be read: %w", err)
	}
	var pools Pools
	unknown, err := kjson.UnmarshalStrict(asJSON, &pools)
	if err != nil {
		return nil, fmt.Errorf("a value has the wrong type: %w", err)
	}
	c := converter{kubernetesVersion: kubernetesVersion, problems: unknown}
	nodes := c.nodes(pools)
	if len(c.problems) > 0 {
		return nil, fmt.Errorf("%d problem(s) to correct:\n%w", len(c.problems), errors.Join(c.problems...))
	}
	return nodes, nil
}
