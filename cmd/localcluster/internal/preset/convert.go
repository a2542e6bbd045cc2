package preset

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// maxNodes keeps a slip of the finger from filling the machine's memory.
const maxNodes = 1000

// converter makes nodes of pools and collects what is wrong with them.
type converter struct {
	kubernetesVersion string
	problems          []error
}

func (c *converter) problem(format string, args ...any) {
	c.problems = append(c.problems, fmt.Errorf(format, args...))
}

func (c *converter) nodes(file Pools) []corev1.Node {
	if file.Pools == nil {
		c.problem(`pools: missing; list at least one pool with name and architecture, or write "pools: []" for a cluster without nodes`)
	}
	c.checkLabels("labels", file.Labels)
	var nodes []corev1.Node
	pools, names := map[string]bool{}, map[string]bool{}
	for i, pool := range file.Pools {
		at := fmt.Sprintf("pools[%d]", i)
		if pools[pool.Name] {
			c.problem("%s.name: %q is another pool's name; rename one", at, pool.Name)
		}
		pools[pool.Name] = true
		template := c.template(at, pool, file.Labels)
		for _, name := range c.names(at, pool) {
			if names[name] {
				c.problem("%s: a node named %q exists already; rename one", at, name)
			}
			names[name] = true
			nodes = append(nodes, named(template, name, len(nodes)))
		}
	}
	if len(nodes) > maxNodes {
		c.problem("pools: %d nodes; at most %d are possible", len(nodes), maxNodes)
	}
	return nodes
}

// names returns the names of the pool's nodes.
func (c *converter) names(at string, pool Pool) []string {
	for _, name := range append([]string{pool.Name}, pool.Nodes...) {
		if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
			c.problem("%s: %q is no node's name: %s", at, name, problems[0])
			return nil
		}
	}
	switch count := pool.Count; {
	case count != nil && pool.Nodes != nil:
		c.problem("%s: give count or nodes, not both", at)
	case pool.Nodes != nil:
		return pool.Nodes
	case count == nil:
		return []string{pool.Name + "-0"}
	case *count < 0 || *count > maxNodes:
		c.problem("%s.count: %d; give a number from 0 to %d", at, *count, maxNodes)
	default:
		names := make([]string, *count)
		for i := range names {
			names[i] = fmt.Sprintf("%s-%d", pool.Name, i)
		}
		return names
	}
	return nil
}

// template returns the pool's node without its name.
func (c *converter) template(at string, pool Pool, common map[string]string) corev1.Node {
	pool = c.withDefaults(pool)
	if problems := validation.IsDNS1123Label(pool.Architecture); len(problems) > 0 {
		c.problem("%s.architecture: %q; name a CPU as Go does, such as amd64 or arm64", at, pool.Architecture)
	}
	if !slices.Contains([]string{"linux", "windows"}, pool.OS) {
		c.problem("%s.os: %q; use linux or windows", at, pool.OS)
	}
	c.checkLabels(at+".labels", pool.Labels)
	capacity := c.resources(at+".capacity", pool.Capacity, defaultCapacity())
	return corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Labels: labels(pool, common)},
		Spec:       corev1.NodeSpec{Taints: c.taints(at, pool.Taints), Unschedulable: pool.Unschedulable},
		Status: corev1.NodeStatus{
			Capacity:    capacity,
			Allocatable: c.resources(at+".allocatable", pool.Allocatable, capacity),
			NodeInfo: corev1.NodeSystemInfo{
				Architecture:            pool.Architecture,
				OperatingSystem:         pool.OS,
				KubeletVersion:          pool.KubernetesVersion,
				ContainerRuntimeVersion: "containerd://" + pool.ContainerdVersion,
				OSImage:                 pool.OSImage,
				KernelVersion:           pool.KernelVersion,
			},
		},
	}
}

// withDefaults fills in what the file leaves open.
func (c *converter) withDefaults(pool Pool) Pool {
	for _, field := range []struct {
		value    *string
		standard string
	}{
		{&pool.OS, "linux"},
		{&pool.KubernetesVersion, c.kubernetesVersion},
		{&pool.ContainerdVersion, "2.3.7"},
		{&pool.OSImage, "Ubuntu 24.04.3 LTS"},
		{&pool.KernelVersion, "6.8.0-87-generic"},
	} {
		if *field.value == "" {
			*field.value = field.standard
		}
	}
	return pool
}

// named returns the template as the cluster's node number i.
func named(template corev1.Node, name string, i int) corev1.Node {
	node := *template.DeepCopy()
	node.Name = name
	node.Labels[corev1.LabelHostname] = name
	node.Spec.PodCIDR = fmt.Sprintf("10.%d.%d.0/24", 244+i/256, i%256)
	node.Spec.PodCIDRs = []string{node.Spec.PodCIDR}
	return node
}
