// Package provision reads what provisioners in a cluster may start: Karpenter's NodePools, and GKE's ComputeClasses.
package provision

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool/machine"
)

// nodePool is what decides about the nodes of a NodePool.
// https://karpenter.sh/docs/concepts/nodepools/
type nodePool struct {
	Spec struct {
		Template struct {
			Metadata struct {
				Labels map[string]string `json:"labels"`
			} `json:"metadata"`
			Spec struct {
				Taints       []corev1.Taint                   `json:"taints"`
				Requirements []corev1.NodeSelectorRequirement `json:"requirements"`
			} `json:"spec"`
		} `json:"template"`
		Limits   map[string]any `json:"limits"`
		Replicas *int           `json:"replicas"`
	} `json:"spec"`
	Status struct {
		Resources map[string]any `json:"resources"`
	} `json:"status"`
}

// nodePoolLabel names the NodePool that a node is of.
const nodePoolLabel = "karpenter.sh/nodepool"

// karpenterOpen are labels that a node has whether or not its NodePool speaks of them: any value can come. Those of
// providers end in a slash.
var karpenterOpen = []string{corev1.LabelTopologyZone, corev1.LabelTopologyRegion, corev1.LabelFailureDomainBetaZone,
	corev1.LabelFailureDomainBetaRegion, corev1.LabelInstanceTypeStable, corev1.LabelInstanceType,
	corev1.LabelWindowsBuild, "karpenter.sh/capacity-type", "karpenter.k8s.aws/", "eks.amazonaws.com/",
	"karpenter.azure.com/", "kubernetes.azure.com/", "karpenter.k8s.gcp/"}

// NodePools returns what a NodePool of Karpenter may start: a pool for each architecture and OS. The error says what
// cannot be read.
func NodePools(obj *unstructured.Unstructured) ([]pool.Pool, error) {
	var spec nodePool
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, &spec); err != nil {
		return nil, err
	}
	limits, ended := left(spec.Spec.Limits, spec.Status.Resources)
	if ended || obj.GetDeletionTimestamp() != nil {
		return nil, nil
	}
	p := pool.Pool{Source: pool.Karpenter, Name: obj.GetName(), Labels: map[string]string{nodePoolLabel: obj.GetName()},
		Choices: map[string][]string{}, Open: slices.Clone(karpenterOpen), Taints: spec.Spec.Template.Spec.Taints,
		Limits: limits, Grows: spec.Spec.Replicas == nil, Max: spec.Spec.Replicas,
		Member: map[string]string{nodePoolLabel: obj.GetName()}}
	if most, ok := quantity(spec.Spec.Limits["nodes"]); ok && p.Max == nil {
		nodes := int(most.Value())
		p.Max = &nodes
	}
	maps.Copy(p.Labels, spec.Spec.Template.Metadata.Labels)
	architectures, systems := []string{"amd64", "arm64"}, []string{"linux"}
	for _, r := range spec.Spec.Template.Spec.Requirements {
		switch r.Key {
		case corev1.LabelArchStable, "beta.kubernetes.io/arch":
			architectures = allowed(r, architectures)
		case corev1.LabelOSStable, "beta.kubernetes.io/os":
			systems = allowed(r, append(systems, "windows"))
		default:
			require(&p, r)
			architectures = ofMachines(r, architectures)
		}
	}
	return spread(p, architectures, systems), nil
}

// spread makes a pool of each platform.
func spread(p pool.Pool, architectures, systems []string) []pool.Pool {
	var all []pool.Pool
	for _, os := range systems {
		for _, architecture := range architectures {
			p.OS, p.Architecture = os, architecture
			all = append(all, p)
		}
	}
	return all
}

// require notes what a requirement says about a label.
func require(p *pool.Pool, r corev1.NodeSelectorRequirement) {
	switch {
	case r.Operator == corev1.NodeSelectorOpIn && len(r.Values) == 1:
		p.Labels[r.Key] = r.Values[0]
	case r.Operator == corev1.NodeSelectorOpIn && len(r.Values) > 1:
		p.Choices[r.Key] = r.Values
	case r.Operator == corev1.NodeSelectorOpDoesNotExist:
		p.Open = slices.DeleteFunc(p.Open, func(key string) bool { return key == r.Key })
	default:
		p.Open = append(p.Open, r.Key)
	}
}

// allowed are those of the values that a requirement leaves.
func allowed(r corev1.NodeSelectorRequirement, values []string) []string {
	switch r.Operator {
	case corev1.NodeSelectorOpIn:
		return r.Values
	case corev1.NodeSelectorOpNotIn:
		return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return slices.Contains(r.Values, v) })
	}
	return values
}

// machines are the labels whose values name machine types, or families of them, and who reads those.
var machines = map[string]func(string) machine.Type{
	corev1.LabelInstanceTypeStable:      anyCloud,
	corev1.LabelInstanceType:            anyCloud,
	"karpenter.k8s.aws/instance-family": machine.Amazon,
	"eks.amazonaws.com/instance-family": machine.Amazon,
	"karpenter.azure.com/sku-name":      machine.Azure,
	"karpenter.k8s.gcp/instance-family": machine.Google,
}

func anyCloud(name string) machine.Type {
	for _, read := range []func(string) machine.Type{machine.Azure, machine.Google, machine.Amazon} {
		if t := read(name); t.Architecture != node.Unknown {
			return t
		}
	}
	return machine.Type{Architecture: node.Unknown}
}

// ofMachines are the architectures that the machines of a requirement have, where all their names say it.
func ofMachines(r corev1.NodeSelectorRequirement, architectures []string) []string {
	read, ok := machines[r.Key]
	if !ok || r.Operator != corev1.NodeSelectorOpIn {
		return architectures
	}
	var have []string
	for _, name := range r.Values {
		have = append(have, read(name).Architecture)
	}
	if slices.Contains(have, node.Unknown) {
		return architectures
	}
	return slices.DeleteFunc(slices.Clone(architectures), func(a string) bool { return !slices.Contains(have, a) })
}

// left is what is left of the limits of a NodePool, in CPUs and memory. A limit of nothing ends it, which is how people
// switch one off.
func left(limits, used map[string]any) (all corev1.ResourceList, ended bool) {
	all = corev1.ResourceList{}
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		limit, ok := quantity(limits[string(name)])
		if !ok {
			continue
		}
		if limit.IsZero() {
			return nil, true
		}
		if taken, ok := quantity(used[string(name)]); ok {
			limit.Sub(taken)
		}
		all[name] = limit
	}
	return all, false
}

// quantity reads an amount, which may be written as a number.
func quantity(value any) (resource.Quantity, bool) {
	switch value := value.(type) {
	case string:
		q, err := resource.ParseQuantity(value)
		return q, err == nil
	case int64:
		return *resource.NewQuantity(value, resource.DecimalSI), true
	case float64:
		return *resource.NewMilliQuantity(int64(value*1000), resource.DecimalSI), true
	}
	return resource.Quantity{}, false
}
