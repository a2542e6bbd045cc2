package preset

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// shape is what a scheduler and a person see of a node first.
type shape struct {
	Name, OS, Architecture, InstanceType, Pool string
	Kubelet, Runtime                           string
	CPU, Pods                                  string
	Taints                                     []string
	Hostname, PodCIDR                          string
}

func shapeOf(node corev1.Node, poolLabel string) shape {
	s := shape{
		Name: node.Name, OS: node.Labels[corev1.LabelOSStable], Architecture: node.Labels[corev1.LabelArchStable],
		InstanceType: node.Labels[corev1.LabelInstanceTypeStable], Pool: node.Labels[poolLabel],
		Kubelet: node.Status.NodeInfo.KubeletVersion, Runtime: node.Status.NodeInfo.ContainerRuntimeVersion,
		CPU: node.Status.Allocatable.Cpu().String(), Pods: node.Status.Allocatable.Pods().String(),
		Hostname: node.Labels[corev1.LabelHostname], PodCIDR: node.Spec.PodCIDR,
	}
	for _, taint := range node.Spec.Taints {
		s.Taints = append(s.Taints, taint.ToString())
	}
	return s
}

func TestNamed(t *testing.T) {
	node := func(name, arch, kind, pool, cidr string, taints ...string) shape {
		cpu := map[string]string{"amd64": "1900m", "arm64": "1900m", "default-pool": "3920m", "arm": "3920m"}[pool]
		return shape{
			Name: name, OS: "linux", Architecture: arch, InstanceType: kind, Pool: pool, Kubelet: "v1.36.3",
			Runtime: "containerd://2.3.7", CPU: cpu, Pods: "110", Taints: taints, Hostname: name, PodCIDR: cidr,
		}
	}
	const armTaint = "kubernetes.io/arch=arm64:NoSchedule"
	for _, test := range []struct {
		preset, poolLabel string
		want              []shape
	}{
		{"aks", "agentpool", []shape{
			node("aks-amd64-39196772-vmss000000", "amd64", "Standard_B2ms", "amd64", "10.244.0.0/24"),
			node("aks-arm64-27018454-vmss000000", "arm64", "Standard_D2pds_v5", "arm64", "10.244.1.0/24"),
		}},
		{"gke", "cloud.google.com/gke-nodepool", []shape{
			node("gke-multiarch-default-pool-7efc8129-7qgw", "amd64", "n1-standard-4", "default-pool", "10.244.0.0/24"),
			node("gke-multiarch-default-pool-7efc8129-9lw5", "amd64", "n1-standard-4", "default-pool", "10.244.1.0/24"),
			node("gke-multiarch-default-pool-7efc8129-zf0n", "amd64", "n1-standard-4", "default-pool", "10.244.2.0/24"),
			node("gke-multiarch-arm-9afe67fe-cpxn", "arm64", "t2a-standard-4", "arm", "10.244.3.0/24", armTaint),
			node("gke-multiarch-arm-9afe67fe-g0db", "arm64", "t2a-standard-4", "arm", "10.244.4.0/24", armTaint),
			node("gke-multiarch-arm-9afe67fe-hkn9", "arm64", "t2a-standard-4", "arm", "10.244.5.0/24", armTaint),
		}},
	} {
		t.Run(test.preset, func(t *testing.T) {
			nodes, err := Named(test.preset, "v1.36.3")
			if err != nil {
				t.Fatal(err)
			}
			var got []shape
			for _, node := range nodes {
				got = append(got, shapeOf(node, test.poolLabel))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("nodes of %s (-want +got):\n%s", test.preset, diff)
			}
		})
	}
}

func TestNamed_unknown(t *testing.T) {
	_, err := Named("eks", "v1.36.3")
	want := `no preset is named "eks": use aks or gke, or describe the nodes in a file and pass it with --nodes`
	if diff := cmp.Diff(want, errorText(err)); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
