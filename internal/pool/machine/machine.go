// Package machine knows what the names of clouds' machine types say: the architecture, and how big a node of it is.
// What a name does not say is unknown, and never guessed.
package machine

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

// Type is what a name says.
type Type struct {
	// Architecture is a GOARCH value, or node.Unknown.
	Architecture string
	// CPUs and Memory, in MiB, are what the machine has; 0 is unknown.
	CPUs, Memory int64
	// Accelerated machines have devices that pods can ask for.
	Accelerated bool
}

var unknown = Type{Architecture: node.Unknown}

// azureSize is family, CPUs, constrained CPUs, additive features, accelerator and version.
var azureSize = regexp.MustCompile(`^(?:Standard|Basic)_([A-Z]+)(\d+)(?:-(\d+))?([a-z]*)(?:_[A-Za-z0-9]+)*$`)

// Azure reads a VM size such as Standard_D4ps_v5, of which the feature p means an Arm CPU and l less memory.
// https://learn.microsoft.com/azure/virtual-machines/vm-naming-conventions
func Azure(size string) Type {
	parts := azureSize.FindStringSubmatch(size)
	if parts == nil {
		return unknown
	}
	family, features := parts[1], parts[4]
	t := Type{Architecture: "amd64", CPUs: number(parts[2]), Accelerated: strings.HasPrefix(family, "N")}
	if strings.Contains(features, "p") {
		t.Architecture = "arm64"
	}
	perCPU := map[string]int64{"D": 4096, "DC": 4096, "E": 8192, "EC": 8192}[family]
	if family == "D" && strings.Contains(features, "l") {
		perCPU = 2048
	}
	t.Memory = perCPU * t.CPUs
	if parts[3] != "" {
		t.CPUs = number(parts[3])
	}
	return t
}

// googleFamilies are Compute Engine's, by architecture.
// https://cloud.google.com/compute/docs/machine-resource
var googleFamilies = map[string][]string{
	"amd64": {"a2", "a3", "a4", "c2", "c2d", "c3", "c3d", "c4", "c4d", "e2", "f1", "g1", "g2", "g4", "h3", "h4d", "m1",
		"m2", "m3", "m4", "n1", "n2", "n2d", "n4", "n4d", "t2d", "x4", "z3"},
	"arm64": {"a4x", "c4a", "n4a", "t2a"},
}

// GoogleFamily returns the architecture of a machine family such as t2a.
func GoogleFamily(family string) string {
	for architecture, families := range googleFamilies {
		if slices.Contains(families, strings.ToLower(family)) {
			return architecture
		}
	}
	return node.Unknown
}

// googleType is family, series and CPUs, with what a machine has besides, such as c4a-highmem-8-lssd.
var googleType = regexp.MustCompile(`^([a-z]\d[a-z]*)-(standard|highmem|highcpu|custom)-(?:(\d+)(?:-(\d+))?)?`)

// Google reads a machine type of Compute Engine such as t2a-standard-4.
func Google(name string) Type {
	family, _, _ := strings.Cut(name, "-")
	if family == "custom" { // custom-4-8192 is of n1
		return Google("n1-" + name)
	}
	t := Type{Architecture: GoogleFamily(family),
		Accelerated: strings.HasPrefix(family, "a") || strings.HasPrefix(family, "g")}
	parts := googleType.FindStringSubmatch(name)
	if parts == nil || t.Architecture == node.Unknown {
		return t
	}
	t.CPUs = number(parts[3])
	switch {
	case parts[2] == "custom":
		t.Memory = number(parts[4])
	case parts[2] == "standard" && family != "n1":
		t.Memory = 4096 * t.CPUs
	case parts[2] == "highmem" && family != "n1":
		t.Memory = 8192 * t.CPUs
	}
	return t
}

// amazonType is family, generation, attributes and size.
var amazonType = regexp.MustCompile(`^([a-z]+)(\d+)([a-z-]*)(?:\.|$)`)

// Amazon reads an instance type, or family, of EC2: g after the generation is a Graviton CPU, as is a1.
// https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
func Amazon(name string) Type {
	parts := amazonType.FindStringSubmatch(name)
	switch {
	case parts == nil || parts[1] == "mac":
		return unknown
	case parts[1]+parts[2] == "a1", strings.HasPrefix(parts[3], "g"):
		return Type{Architecture: "arm64"}
	}
	return Type{Architecture: "amd64"}
}

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64) // the expressions let digits through alone
	return n
}

// Reserve is what a cloud keeps of a machine, in milli-CPUs and MiB.
type Reserve func(cpus, memory int64) (milliCPU, mebibytes int64)

// Allocatable is what pods get of a node of the type: what is left of the machine, by its cloud's formula. It is nil,
// unknown, for machines with devices, and plenty where the name does not say.
func (t Type) Allocatable(reserve Reserve, pods int64) corev1.ResourceList {
	if t.Accelerated || t.Architecture == node.Unknown {
		return nil
	}
	list := pool.Plenty()
	milliCPU, mebibytes := reserve(t.CPUs, t.Memory)
	if t.CPUs > 0 {
		list[corev1.ResourceCPU] = *resource.NewMilliQuantity(1000*t.CPUs-milliCPU, resource.DecimalSI)
	}
	if t.Memory > 0 {
		list[corev1.ResourceMemory] = *resource.NewQuantity((t.Memory-mebibytes)<<20, resource.BinarySI)
	}
	if pods > 0 {
		list[corev1.ResourcePods] = *resource.NewQuantity(pods, resource.DecimalSI)
	}
	return list
}

// step is a part of an amount, and the share of it that is reserved, in ten-thousandths.
type step struct{ upTo, share int64 }

func reserved(amount int64, steps []step) int64 {
	sum, from := int64(0), int64(0)
	for _, s := range steps {
		if amount > from {
			sum += (min(amount, s.upTo) - from) * s.share / 10_000
		}
		from = s.upTo
	}
	return sum
}

const most = 1 << 40

// GKEReserves is what GKE keeps of a node.
// https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes#resource_reservations
func GKEReserves(cpus, memory int64) (milliCPU, mebibytes int64) {
	const gib, eviction = 1024, 100
	return reserved(1000*cpus, []step{{1000, 600}, {2000, 100}, {4000, 50}, {most, 25}}),
		eviction + reserved(memory, []step{{4 * gib, 2500}, {8 * gib, 2000}, {16 * gib, 1000}, {128 * gib, 600},
			{most, 200}})
}

// AKSReserves is what AKS keeps of a node that may have so many pods.
// https://learn.microsoft.com/azure/aks/node-resource-reservations
func AKSReserves(pods int64) Reserve {
	return func(cpus, memory int64) (milliCPU, mebibytes int64) {
		table := []struct{ cpus, milliCPU int64 }{{1, 60}, {2, 100}, {4, 140}, {8, 180}, {16, 260}, {32, 420},
			{most, 740}}
		for _, row := range table {
			if cpus <= row.cpus {
				milliCPU = row.milliCPU
				break
			}
		}
		const eviction = 100
		return milliCPU, eviction + min(20*pods+50, memory/4)
	}
}
