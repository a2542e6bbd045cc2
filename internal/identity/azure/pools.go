package azure

import (
	"context"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerservice/armcontainerservice/v6"
	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool/machine"
)

// Pools asks Azure Resource Manager for the cluster's agent pools. What node auto-provisioning starts is in NodePools
// of Karpenter in the cluster itself.
// https://learn.microsoft.com/rest/api/aks/managed-clusters/get
func (a *Account) Pools(ctx context.Context) ([]pool.Pool, error) {
	id, err := a.clusterID()
	if err != nil {
		return nil, err
	}
	client, err := armcontainerservice.NewManagedClustersClient(id.SubscriptionID, a,
		&arm.ClientOptions{ClientOptions: a.clientOptions()})
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", id, err)
	}
	answer, err := client.Get(ctx, id.ResourceGroupName, id.Name, nil)
	switch {
	case err != nil:
		return nil, a.explainARM(err, id, "its agent pools")
	case answer.Properties == nil:
		return nil, nil
	}
	var pools []pool.Pool
	for _, profile := range answer.Properties.AgentPoolProfiles {
		if profile != nil {
			pools = append(pools, poolOf(profile, value(answer.Location)))
		}
	}
	return pools, nil
}

// spotTaint is of spot pools, as their label is
// (https://learn.microsoft.com/azure/aks/spot-node-pool).
const spotTaint = "kubernetes.azure.com/scalesetpriority"

func poolOf(p *armcontainerservice.ManagedClusterAgentPoolProfile, location string) pool.Pool {
	name, size := value(p.Name), value(p.VMSize)
	is := machine.Azure(size)
	pods := int64(value(p.MaxPods))
	of := pool.Pool{
		Source: pool.AKS, Name: name, OS: strings.ToLower(string(value(p.OSType))), Architecture: is.Architecture,
		Labels: map[string]string{
			"agentpool": name, "kubernetes.azure.com/agentpool": name, "kubernetes.azure.com/role": "agent",
			"kubernetes.azure.com/mode":    strings.ToLower(string(value(p.Mode))),
			corev1.LabelInstanceTypeStable: size, corev1.LabelInstanceType: size, corev1.LabelTopologyRegion: location,
		},
		Choices: map[string][]string{}, Max: new(int(value(p.Count))), Grows: value(p.EnableAutoScaling),
		Allocatable: is.Allocatable(machine.AKSReserves(pods), pods),
		Member:      map[string]string{"kubernetes.azure.com/agentpool": name},
	}
	if of.OS == "" {
		of.OS = "linux"
	}
	if of.Grows {
		of.Max = new(int(value(p.MaxCount)))
	}
	for key, label := range p.NodeLabels {
		of.Labels[key] = value(label)
	}
	for _, zone := range p.AvailabilityZones {
		of.Choices[corev1.LabelTopologyZone] = append(of.Choices[corev1.LabelTopologyZone], location+"-"+value(zone))
	}
	if len(p.AvailabilityZones) == 0 {
		of.Labels[corev1.LabelTopologyZone] = "0"
	}
	for _, taint := range p.NodeTaints {
		of.Taints = append(of.Taints, taintOf(value(taint)))
	}
	return spotted(of, value(p.ScaleSetPriority))
}

// spotted adds what AKS gives the nodes of a spot pool.
func spotted(of pool.Pool, priority armcontainerservice.ScaleSetPriority) pool.Pool {
	if priority != armcontainerservice.ScaleSetPrioritySpot {
		return of
	}
	taint := corev1.Taint{Key: spotTaint, Value: "spot", Effect: corev1.TaintEffectNoSchedule}
	of.Labels[spotTaint] = "spot"
	for _, t := range of.Taints {
		if t.MatchTaint(&taint) {
			return of
		}
	}
	of.Taints = append(of.Taints, taint)
	return of
}

// taintOf reads KEY=VALUE:EFFECT, as agent pools have taints.
func taintOf(text string) corev1.Taint {
	left, effect, _ := strings.Cut(text, ":")
	key, value, _ := strings.Cut(left, "=")
	return corev1.Taint{Key: key, Value: value, Effect: corev1.TaintEffect(effect)}
}

// value is what a field of the SDK has, or nothing.
func value[T any](field *T) T {
	if field == nil {
		return *new(T)
	}
	return *field
}
