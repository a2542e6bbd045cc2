package machine_test

import (
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/pool/machine"
)

func TestTypes(t *testing.T) {
	tests := []struct {
		read func(string) machine.Type
		name string
		want machine.Type
	}{
		{machine.Azure, "Standard_D4ps_v5", machine.Type{Architecture: "arm64", CPUs: 4, Memory: 16384}},
		{machine.Azure, "Standard_D2plds_v6", machine.Type{Architecture: "arm64", CPUs: 2, Memory: 4096}},
		{machine.Azure, "Standard_E8pds_v6", machine.Type{Architecture: "arm64", CPUs: 8, Memory: 65536}},
		{machine.Azure, "Standard_B2pls_v2", machine.Type{Architecture: "arm64", CPUs: 2}},
		{machine.Azure, "Standard_D4s_v5", machine.Type{Architecture: "amd64", CPUs: 4, Memory: 16384}},
		{machine.Azure, "Standard_DS2_v2", machine.Type{Architecture: "amd64", CPUs: 2}},
		{machine.Azure, "Standard_E8-4s_v5", machine.Type{Architecture: "amd64", CPUs: 4, Memory: 65536}},
		{machine.Azure, "Standard_NC24ads_A100_v4", machine.Type{Architecture: "amd64", CPUs: 24, Accelerated: true}},
		{machine.Azure, "Quantum", machine.Type{Architecture: "unknown"}},
		{machine.Azure, "", machine.Type{Architecture: "unknown"}},
		{machine.Google, "t2a-standard-4", machine.Type{Architecture: "arm64", CPUs: 4, Memory: 16384}},
		{machine.Google, "c4a-highmem-8-lssd", machine.Type{Architecture: "arm64", CPUs: 8, Memory: 65536}},
		{machine.Google, "n4a-highcpu-16", machine.Type{Architecture: "arm64", CPUs: 16}},
		{machine.Google, "e2-standard-2", machine.Type{Architecture: "amd64", CPUs: 2, Memory: 8192}},
		{machine.Google, "e2-medium", machine.Type{Architecture: "amd64"}},
		{machine.Google, "n2-custom-4-5120", machine.Type{Architecture: "amd64", CPUs: 4, Memory: 5120}},
		{machine.Google, "custom-2-4096", machine.Type{Architecture: "amd64", CPUs: 2, Memory: 4096}},
		{machine.Google, "a4x-highgpu-4g", machine.Type{Architecture: "arm64", Accelerated: true}},
		{machine.Google, "q9-standard-4", machine.Type{Architecture: "unknown"}},
		{machine.Google, "", machine.Type{Architecture: "unknown"}},
		{machine.Amazon, "m7g.large", machine.Type{Architecture: "arm64"}},
		{machine.Amazon, "c7gn", machine.Type{Architecture: "arm64"}},
		{machine.Amazon, "im4gn.xlarge", machine.Type{Architecture: "arm64"}},
		{machine.Amazon, "a1.medium", machine.Type{Architecture: "arm64"}},
		{machine.Amazon, "g5g.xlarge", machine.Type{Architecture: "arm64"}},
		{machine.Amazon, "g5.xlarge", machine.Type{Architecture: "amd64"}},
		{machine.Amazon, "m7i-flex.large", machine.Type{Architecture: "amd64"}},
		{machine.Amazon, "u-6tb1.metal", machine.Type{Architecture: "unknown"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.read(test.name); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// TestAllocatable computes what the documented formulas of the clouds leave.
func TestAllocatable(t *testing.T) {
	gke := machine.Google("e2-standard-4").Allocatable(machine.GKEReserves, 110)
	if got := gke.Cpu().String() + " " + gke.Memory().String(); got != "3920m 13622Mi" {
		t.Errorf("GKE: %s", got)
	}
	aks := machine.Azure("Standard_D4ps_v5").Allocatable(machine.AKSReserves(110), 110)
	if got := aks.Cpu().String() + " " + aks.Memory().String(); got != "3860m 14034Mi" {
		t.Errorf("AKS: %s", got)
	}
	if got := machine.Azure("Standard_NC24ads_A100_v4").Allocatable(machine.AKSReserves(110), 110); got != nil {
		t.Errorf("a machine with GPUs: %v", got)
	}
}
