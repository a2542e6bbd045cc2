package provision

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool/machine"
)

// computeClass is what decides about the nodes of a ComputeClass.
// https://docs.cloud.google.com/kubernetes-engine/docs/reference/crds/computeclass
type computeClass struct {
	Spec struct {
		NodePoolAutoCreation struct {
			Enabled bool `json:"enabled"`
		} `json:"nodePoolAutoCreation"`
		Autopilot struct {
			Enabled bool `json:"enabled"`
		} `json:"autopilot"`
		NodePoolConfig struct {
			NodeLabels  map[string]string `json:"nodeLabels"`
			Taints      []corev1.Taint    `json:"taints"`
			TaintConfig struct {
				ArchitectureTaintBehavior string `json:"architectureTaintBehavior"`
			} `json:"taintConfig"`
		} `json:"nodePoolConfig"`
		Priorities []struct {
			MachineFamily string `json:"machineFamily"`
			MachineType   string `json:"machineType"`
		} `json:"priorities"`
	} `json:"spec"`
}

// ComputeClassLabel names the ComputeClass of a node, and asks for one. Nodes have a taint of the same name, which
// GKE's admission tolerates for the pods that ask.
const ComputeClassLabel = "cloud.google.com/compute-class"

// ComputeClasses returns what a ComputeClass may start: a pool for each architecture. One that creates no node pools is
// about pools that are read elsewhere. The error says what cannot be read.
func ComputeClasses(obj *unstructured.Unstructured) ([]pool.Pool, error) {
	var class computeClass
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, &class); err != nil {
		return nil, err
	}
	spec := class.Spec
	if !spec.NodePoolAutoCreation.Enabled && !spec.Autopilot.Enabled {
		return nil, nil
	}
	var all []pool.Pool
	for _, rule := range spec.Priorities {
		architecture := machine.GoogleFamily(rule.MachineFamily)
		switch {
		case rule.MachineType != "":
			architecture = machine.Google(rule.MachineType).Architecture
		case rule.MachineFamily == "":
			architecture = "amd64" // what GKE takes where nothing is said
		}
		if slices.ContainsFunc(all, func(p pool.Pool) bool { return p.Architecture == architecture }) {
			continue
		}
		p := pool.Pool{Source: pool.GKE, Name: "of ComputeClass " + obj.GetName(), OS: "linux", Architecture: architecture,
			Labels: map[string]string{ComputeClassLabel: obj.GetName()}, Open: GKEOpen, Grows: true,
			Member: map[string]string{ComputeClassLabel: obj.GetName()},
			Taints: append(slices.Clone(spec.NodePoolConfig.Taints), corev1.Taint{Key: ComputeClassLabel,
				Value: obj.GetName(), Effect: corev1.TaintEffectNoSchedule})}
		for key, value := range spec.NodePoolConfig.NodeLabels {
			p.Labels[key] = value
		}
		if spec.NodePoolConfig.TaintConfig.ArchitectureTaintBehavior != "NONE" {
			p.Taints = append(p.Taints, GKETaints(architecture)...)
		}
		all = append(all, p)
	}
	return all, nil
}

// GKEOpen are labels that nodes of GKE have with whatever value their provisioning chose.
var GKEOpen = []string{corev1.LabelTopologyZone, corev1.LabelTopologyRegion, corev1.LabelFailureDomainBetaZone,
	corev1.LabelFailureDomainBetaRegion, corev1.LabelInstanceTypeStable, corev1.LabelInstanceType,
	"topology.gke.io/zone", "cloud.google.com/machine-family", "cloud.google.com/gke-spot",
	"cloud.google.com/gke-provisioning", "cloud.google.com/gke-nodepool", "cloud.google.com/gke-accelerator"}

// GKETaints are those that GKE gives nodes for their architecture.
// https://cloud.google.com/kubernetes-engine/docs/how-to/prepare-arm-workloads-for-deployment
func GKETaints(architecture string) []corev1.Taint {
	if architecture == "amd64" || architecture == node.Unknown {
		return nil
	}
	return []corev1.Taint{{Key: corev1.LabelArchStable, Value: architecture, Effect: corev1.TaintEffectNoSchedule}}
}
