package placement_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

func TestGroupNodes(t *testing.T) {
	arm := []string{"kubernetes.io/arch=arm64:NoSchedule"}
	rows := []struct {
		cluster string
		want    []placement.NodeGroup
	}{
		{"none", []placement.NodeGroup{}},
		{"gke", []placement.NodeGroup{alike("amd64", "linux", 3), alike("arm64", "linux", 3, arm...)}},
		{"windows", []placement.NodeGroup{alike("amd64", "linux", 1), alike("amd64", "windows", 1)}},
		{"hand-tainted", []placement.NodeGroup{
			alike("amd64", "linux", 1),
			alike("arm64", "linux", 1, "arch=arm64:NoSchedule"),
			alike("arm64", "linux", 1, "example.com/aarch64:NoExecute",
				"kubernetes.azure.com/scalesetpriority=spot:NoSchedule"),
		}},
	}
	for _, test := range rows {
		t.Run(test.cluster, func(t *testing.T) {
			var nodes []corev1.Node
			read(t, "testdata/clusters/"+test.cluster+".yaml", &nodes)
			if diff := cmp.Diff(test.want, placement.GroupNodes(nodes, nil)); diff != "" {
				t.Errorf("groups (-want +got):\n%s", diff)
			}
		})
	}
}

// alike is of nodes that are of no known pool.
func alike(arch, os string, count int, taints ...string) placement.NodeGroup {
	return placement.NodeGroup{Architecture: arch, OS: os, Count: count, Taints: append([]string{}, taints...),
		Source: pool.Cluster, Max: &count}
}

// TestGroupNodes_of_pools counts the nodes of a pool, and names a pool that has none.
func TestGroupNodes_of_pools(t *testing.T) {
	var nodes []corev1.Node
	read(t, "testdata/clusters/gke.yaml", &nodes)
	five := 5
	pools := []pool.Pool{
		{Source: pool.GKE, Name: "arm", OS: "linux", Architecture: "arm64", Max: &five,
			Member: map[string]string{"kubernetes.io/arch": "arm64"}},
		{Source: pool.Expected, Name: "line 1", OS: "linux", Architecture: "riscv64"},
		{Source: pool.Platforms, Name: "linux/s390x", OS: "linux", Architecture: "s390x"},
	}
	want := []placement.NodeGroup{alike("amd64", "linux", 3),
		{"arm64", "linux", 3, []string{"kubernetes.io/arch=arm64:NoSchedule"}, pool.GKE, "arm", &five},
		{"riscv64", "linux", 0, []string{}, pool.Expected, "line 1", nil}}
	if diff := cmp.Diff(want, placement.GroupNodes(nodes, pools)); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

func TestReferences(t *testing.T) {
	s := readScenario(t, "testdata/cases/each_container_counts.yaml")
	want := []string{"migrate:1", "proxy:1", "web:1", "proxy:2", "arm:1", "private:1"}
	if diff := cmp.Diff(want, pods.References(s.objects, nil)); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
}

// TestPlan_of_one_is_that_of_many guards the grouping of nodes, which depends on what all the workloads ask about them.
func TestPlan_of_one_is_that_of_many(t *testing.T) {
	var objects []*unstructured.Unstructured
	images := map[string]platform.Offer{}
	all := scenarios(t)
	for i, s := range all {
		for _, obj := range s.objects { // references of two cases may share a name
			if template.MakesPods(obj) && i%2 == 0 {
				objects = append(objects, obj)
			}
		}
		for ref, image := range s.images {
			images[ref] = image
		}
	}
	for _, test := range all {
		t.Run(test.name, func(t *testing.T) {
			all := plan(t, placement.Request{Cluster: test.cluster, Pools: test.pools, Objects: objects, Images: images,
				Policy: placement.Spread})
			for i := range objects {
				alone := plan(t, placement.Request{Cluster: test.cluster, Pools: test.pools, Objects: objects[i : i+1],
					Images: images, Policy: placement.Spread})
				if diff := cmp.Diff(alone, all[:len(alone)]); diff != "" {
					t.Errorf("%s (-alone +among others):\n%s", objects[i].GetName(), diff)
				}
				all = all[len(alone):]
			}
		})
	}
}

func BenchmarkPlan(b *testing.B) {
	for _, selector := range []string{"agentpool", corev1.LabelHostname} {
		b.Run("200_workloads_5000_nodes_by_"+selector[strings.LastIndex(selector, "/")+1:], func(b *testing.B) {
			nodes, objects, images := fleet(5000), deployments(200, selector), map[string]platform.Offer{
				"web:1": {Platforms: parse(b, []string{"linux/amd64"})},
			}
			for b.Loop() {
				if got := plan(b, placement.Request{Cluster: schedule.Snapshot{Nodes: nodes}, Objects: objects, Images: images,
					Policy: placement.Pin}); len(got) != 200 {
					b.Fatalf("%d verdicts", len(got))
				}
			}
		})
	}
}

// BenchmarkPlan_with_room is of a cluster where 20 pods run on each node.
func BenchmarkPlan_with_room(b *testing.B) {
	for _, size := range []struct{ nodes, workloads int }{{100, 20}, {1000, 200}} {
		b.Run(fmt.Sprintf("%d_nodes_%d_pods_%d_workloads", size.nodes, 20*size.nodes, size.workloads), func(b *testing.B) {
			cluster := schedule.Snapshot{Nodes: fleet(size.nodes)}
			one := resource.MustParse("100m")
			for i := range 20 * size.nodes {
				cluster.Pods = append(cluster.Pods, corev1.Pod{
					ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("pod-%d", i), UID: types.UID(fmt.Sprint(i))},
					Spec: corev1.PodSpec{NodeName: cluster.Nodes[i/20].Name, Containers: []corev1.Container{{Resources: corev1.
						ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: one}}}}}})
			}
			images := map[string]platform.Offer{"web:1": {Index: true, Platforms: parse(b, []string{"linux/amd64"})}}
			for b.Loop() {
				got := plan(b, placement.Request{Cluster: cluster, Objects: deployments(size.workloads, "agentpool"),
					Images: images, Policy: placement.Pin, Room: true})
				if got[0].Room == nil || got[0].Room.Fit != 1 {
					b.Fatalf("%+v", got[0])
				}
			}
		})
	}
}

func fleet(n int) []corev1.Node {
	nodes := make([]corev1.Node, n)
	for i := range nodes {
		arch := []string{"amd64", "arm64"}[i%2]
		nodes[i].Name = fmt.Sprintf("node-%d", i)
		nodes[i].Labels = map[string]string{corev1.LabelArchStable: arch, corev1.LabelOSStable: "linux",
			corev1.LabelHostname: nodes[i].Name, "agentpool": fmt.Sprintf("pool%d", i%10)}
		nodes[i].Status.NodeInfo.Architecture, nodes[i].Status.NodeInfo.OperatingSystem = arch, "linux"
	}
	return nodes
}

// deployments ask that a label exists, and are pinned.
func deployments(n int, label string) []*unstructured.Unstructured {
	all := make([]*unstructured.Unstructured, n)
	term := map[string]any{"matchExpressions": []any{map[string]any{"key": label, "operator": "Exists"}}}
	for i := range all {
		all[i] = &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": fmt.Sprintf("web-%d", i)},
			"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
				"affinity": map[string]any{"nodeAffinity": map[string]any{
					"requiredDuringSchedulingIgnoredDuringExecution": map[string]any{"nodeSelectorTerms": []any{term}}}},
				"containers": []any{map[string]any{"name": "web", "image": "web:1"}},
			}}}}}
	}
	return all
}
