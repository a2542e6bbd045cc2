package google

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"strings"

	"google.golang.org/api/container/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool/machine"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool/provision"
)

// Pools asks GKE for the cluster's node pools and for what it provisions by itself.
func (a *Account) Pools(ctx context.Context) ([]pool.Pool, error) {
	wanted := takeApart(a.options.Cluster)
	if wanted.collection != "clusters" {
		return nil, fmt.Errorf("%s is a membership of a fleet, which has no node pools; give the cluster's own name", wanted)
	}
	found, err := a.lookUp(ctx, wanted)
	if err != nil {
		return nil, err
	}
	return poolsOf(found), nil
}

func poolsOf(c *container.Cluster) []pool.Pool {
	var pools []pool.Pool
	for _, p := range c.NodePools {
		if p != nil && p.Config != nil {
			pools = append(pools, nodePool(p, c.Locations))
		}
	}
	switch {
	case c.Autopilot != nil && c.Autopilot.Enabled:
		return append(pools, provisioned("Autopilot", c.Locations, nil)...)
	case c.Autoscaling != nil && c.Autoscaling.EnableNodeAutoprovisioning:
		zones := c.Autoscaling.AutoprovisioningLocations
		if len(zones) == 0 {
			zones = c.Locations
		}
		return append(pools, provisioned("of node auto-provisioning", zones, limits(c.Autoscaling.ResourceLimits))...)
	}
	return pools
}

func nodePool(p *container.NodePool, clusterZones []string) pool.Pool {
	is := machine.Google(p.Config.MachineType)
	zones := p.Locations
	if len(zones) == 0 {
		zones = clusterZones
	}
	family, _, _ := strings.Cut(p.Config.MachineType, "-")
	of := pool.Pool{
		Source: pool.GKE, Name: p.Name, OS: "linux", Architecture: is.Architecture,
		Labels: map[string]string{"cloud.google.com/gke-nodepool": p.Name, "cloud.google.com/machine-family": family,
			corev1.LabelInstanceTypeStable: p.Config.MachineType, corev1.LabelInstanceType: p.Config.MachineType},
		Choices: inZones(zones), Open: []string{corev1.LabelTopologyRegion},
		Member:      map[string]string{"cloud.google.com/gke-nodepool": p.Name},
		Max:         new(int(p.InitialNodeCount) * max(1, len(zones))),
		Allocatable: is.Allocatable(machine.GKEReserves, maxPods(p)),
	}
	if strings.HasPrefix(strings.ToUpper(p.Config.ImageType), "WINDOWS") {
		of.OS = "windows"
	}
	if p.Config.Spot {
		of.Labels["cloud.google.com/gke-spot"] = "true"
	}
	if scaling := p.Autoscaling; scaling != nil && scaling.Enabled {
		of.Grows = true
		of.Max = new(int(cmp.Or(scaling.TotalMaxNodeCount, scaling.MaxNodeCount*int64(max(1, len(zones))))))
	}
	maps.Copy(of.Labels, p.Config.Labels)
	of.Taints = taintsOf(p.Config, is.Architecture)
	return of
}

func maxPods(p *container.NodePool) int64 {
	if p.MaxPodsConstraint == nil {
		return 0
	}
	return p.MaxPodsConstraint.MaxPodsPerNode
}

// effects are the API's names of taints' effects.
var effects = map[string]corev1.TaintEffect{"NO_SCHEDULE": corev1.TaintEffectNoSchedule,
	"NO_EXECUTE": corev1.TaintEffectNoExecute, "PREFER_NO_SCHEDULE": corev1.TaintEffectPreferNoSchedule}

// taintsOf are those that were given, and the one of an Arm node pool, unless that was switched off.
func taintsOf(config *container.NodeConfig, architecture string) []corev1.Taint {
	var taints []corev1.Taint
	given := map[string]bool{}
	for _, t := range config.Taints {
		taints = append(taints, corev1.Taint{Key: t.Key, Value: t.Value, Effect: effects[t.Effect]})
		given[t.Key] = true
	}
	off := config.TaintConfig != nil && config.TaintConfig.ArchitectureTaintBehavior == "NONE"
	if off || given[corev1.LabelArchStable] {
		return taints
	}
	return append(taints, provision.GKETaints(architecture)...)
}

// provisioned are the nodes that GKE starts for pods: of amd64, and for those that ask for it of arm64.
func provisioned(name string, zones []string, limits corev1.ResourceList) []pool.Pool {
	var pools []pool.Pool
	for _, architecture := range []string{"amd64", "arm64"} {
		pools = append(pools, pool.Pool{Source: pool.GKE, Name: name, OS: "linux", Architecture: architecture,
			Labels: map[string]string{}, Choices: inZones(zones), Open: provision.GKEOpen, Limits: limits, Grows: true,
			Taints: provision.GKETaints(architecture)})
	}
	return pools
}

func inZones(zones []string) map[string][]string {
	if len(zones) == 0 {
		return map[string][]string{}
	}
	return map[string][]string{corev1.LabelTopologyZone: zones, corev1.LabelFailureDomainBetaZone: zones,
		"topology.gke.io/zone": zones}
}

// limits are what all nodes of the cluster may have together: CPUs, and memory in GB.
func limits(all []*container.ResourceLimit) corev1.ResourceList {
	list := corev1.ResourceList{}
	for _, l := range all {
		switch {
		case l == nil || l.Maximum == 0:
		case l.ResourceType == "cpu":
			list[corev1.ResourceCPU] = *resource.NewQuantity(l.Maximum, resource.DecimalSI)
		case l.ResourceType == "memory":
			list[corev1.ResourceMemory] = *resource.NewQuantity(l.Maximum<<30, resource.BinarySI)
		}
	}
	return list
}
