package placement_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

// TestPlan_counts_what_pools_can_add has a cluster of one node with 2 CPUs, and a workload of which each pod needs one.
func TestPlan_counts_what_pools_can_add(t *testing.T) {
	two := corev1.ResourceList{"cpu": resource.MustParse("2"), "memory": resource.MustParse("8Gi"),
		"pods": resource.MustParse("110")}
	labels := map[string]string{"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux", "agentpool": "system"}
	there := schedule.Snapshot{Nodes: []corev1.Node{{ObjectMeta: metav1.ObjectMeta{Name: "n-0", Labels: labels},
		Status: corev1.NodeStatus{Allocatable: two}}}}
	system := map[string]string{"agentpool": "system"}
	const scarce = "Deployment web finds room for 2 of 6 pods (2 on amd64); 4 do not fit: Insufficient cpu on 1 node."
	tests := []struct {
		name     string
		pools    []pool.Pool
		selector string
		want     []string
	}{
		{"no_pool", nil, "", []string{"warning insufficient-capacity [] " + scarce}},
		{"a_pool_that_grows", []pool.Pool{{Source: pool.AKS, Name: "system", OS: "linux", Architecture: "amd64",
			Labels: system, Member: system, Max: new(3), Grows: true}}, "",
			[]string{"info insufficient-capacity [] " + scarce +
				" If the AKS pool system (at most 3 nodes) grows, all 6 fit."}},
		{"a_pool_that_grows_to_too_little", []pool.Pool{{Source: pool.AKS, Name: "system", OS: "linux",
			Architecture: "amd64", Labels: system, Member: system, Max: new(2), Grows: true}}, "",
			[]string{"warning insufficient-capacity [] " + scarce +
				" If the AKS pool system (at most 2 nodes) grows, 4 of 6 fit."}},
		{"nodes_that_are_expected", []pool.Pool{{Source: pool.Expected, Name: "line 1", OS: "linux", Architecture: "arm64",
			Allocatable: two, Max: new(2)}}, "", []string{"warning insufficient-capacity [] " + scarce +
			" If the pool of expect-nodes line 1 (at most 2 nodes) grows, all 6 fit."}},
		{"a_limit_of_all_nodes", []pool.Pool{{Source: pool.Karpenter, Name: "default", OS: "linux", Architecture: "arm64",
			Grows: true, Limits: corev1.ResourceList{"cpu": resource.MustParse("3")}}}, "",
			[]string{"warning insufficient-capacity [] " + scarce + " If the Karpenter pool default grows, 5 of 6 fit."}},
		{"only_a_pool_without_nodes", []pool.Pool{{Source: pool.GKE, Name: "arm", OS: "linux", Architecture: "arm64",
			Grows: true}}, "arm64", []string{"info empty-pool [arm64] Deployment web can run only on a node of the GKE pool " +
			"arm (arm64), which has no node today: its pods wait until there is one."}},
		{"more_than_a_pool_without_nodes_has", []pool.Pool{{Source: pool.GKE, Name: "arm", OS: "linux",
			Architecture: "arm64", Allocatable: two, Max: new(2), Grows: true}}, "arm64", []string{
			"info empty-pool [arm64] Deployment web can run only on a node of the GKE pool " +
				"arm (arm64), which has no node today: its pods wait until there is one.",
			"warning insufficient-capacity [] Deployment web finds room for 0 of 6 pods; 6 do not fit: didn't match Pod's " +
				"node affinity/selector on 1 node. If the GKE pool arm (at most 2 nodes) grows, 4 of 6 fit."}},
		{"whatever_nodes_there_are", pool.OfPlatforms(parse(t, []string{"linux/amd64", "linux/arm64"})), "",
			[]string{"warning insufficient-capacity [] " + scarce}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := plan(t, placement.Request{Cluster: there, Pools: test.pools, Room: true, Policy: placement.Fail,
				Objects: []*unstructured.Unstructured{web(t, test.selector)}, Images: map[string]platform.Offer{
					"web:1": {Index: true, Platforms: parse(t, []string{"linux/amd64", "linux/arm64"})}}})
			if diff := cmp.Diff(test.want, lines(v[0].Findings)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// web is a Deployment of six pods that need a CPU each, on nodes of an architecture or "".
func web(t *testing.T, arch string) *unstructured.Unstructured {
	t.Helper()
	selector := ""
	if arch != "" {
		selector = "kubernetes.io/arch: " + arch
	}
	obj := &unstructured.Unstructured{}
	text := fmt.Sprintf(`{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 6, template: {spec: {
		nodeSelector: {%s}, containers: [{name: web, image: "web:1", resources: {requests: {cpu: 1}}}]}}}}`, selector)
	if err := yaml.Unmarshal([]byte(text), &obj.Object); err != nil {
		t.Fatal(err)
	}
	return obj
}
