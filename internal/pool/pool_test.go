package pool_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

func nodeOf(arch string, labels map[string]string, taints ...corev1.Taint) corev1.Node {
	return corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n", Labels: labels}, Spec: corev1.NodeSpec{Taints: taints},
		Status: corev1.NodeStatus{NodeInfo: corev1.NodeSystemInfo{Architecture: arch, OperatingSystem: "linux"},
			Allocatable: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2")}}}
}

func TestHas(t *testing.T) {
	taint := corev1.Taint{Key: "team", Value: "shop", Effect: corev1.TaintEffectNoSchedule}
	cordon := corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule}
	spot := map[string]string{"agentpool": "spot"}
	arm := pool.Pool{OS: "linux", Architecture: "arm64"}
	tests := []struct {
		name string
		pool pool.Pool
		node corev1.Node
		want bool
	}{
		{"the_label_of_its_pool", pool.Pool{OS: "linux", Architecture: "arm64", Member: spot}, nodeOf("arm64", spot), true},
		{"another_pool", pool.Pool{OS: "linux", Architecture: "arm64", Member: spot}, nodeOf("arm64", nil), false},
		{"another_architecture_of_the_pool", pool.Pool{OS: "linux", Architecture: "amd64", Member: spot},
			nodeOf("arm64", spot), false},
		{"an_unknown_architecture", pool.Pool{OS: "linux", Architecture: "unknown", Member: spot}, nodeOf("arm64", spot),
			true},
		{"looks_like_it", arm, nodeOf("arm64", spot, cordon), true},
		{"a_taint_more", arm, nodeOf("arm64", nil, taint), false},
		{"a_taint_less", pool.Pool{OS: "linux", Architecture: "arm64", Taints: []corev1.Taint{taint}}, nodeOf("arm64", nil),
			false},
		{"a_label_less", pool.Pool{OS: "linux", Architecture: "arm64", Labels: spot}, nodeOf("arm64", nil), false},
		{"nobody_announced_it", pool.Pool{OS: "linux", Architecture: "arm64", Source: pool.Platforms}, nodeOf("arm64", nil),
			false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.pool.Has(&test.node); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// TestNodes makes a node for each combination of open labels that somebody asks for, and none that is there already.
func TestNodes(t *testing.T) {
	const zone, size = "topology.kubernetes.io/zone", "node.kubernetes.io/instance-type"
	karpenter := pool.Pool{Source: pool.Karpenter, Name: "default", OS: "linux", Architecture: "arm64",
		Labels: map[string]string{"team": "shop"}, Member: map[string]string{"karpenter.sh/nodepool": "default"},
		Choices: map[string][]string{zone: {"a", "b", "c"}}, Open: []string{size}}
	there := []corev1.Node{nodeOf("arm64", map[string]string{"karpenter.sh/nodepool": "default", zone: "b", size: "m7g"})}
	tests := []struct {
		name  string
		there []corev1.Node
		asked []pool.Asked
		want  []string // zone and size
	}{
		{"nobody_asks", nil, nil, []string{"a "}},
		{"a_node_is_there", there, nil, nil},
		{"a_zone", nil, []pool.Asked{{zone: {"c"}}}, []string{"a ", "a ", "c "}},
		{"the_zone_that_is_there", there, []pool.Asked{{zone: {"b"}}}, []string{"a m7g"}},
		{"a_zone_that_is_no_choice", there, []pool.Asked{{zone: {"d"}}}, []string{"a m7g"}},
		{"any_size", there, []pool.Asked{{size: {"m8g"}}}, []string{"a m8g"}},
		{"that_it_has_a_size", nil, []pool.Asked{{size: nil}}, []string{"a ", "a any"}},
		{"a_label_that_is_fixed", there, []pool.Asked{{"team": {"bank"}}}, nil},
		{"a_label_of_none", there, []pool.Asked{{"disk": {"ssd"}}}, nil},
		{"both", there, []pool.Asked{{zone: {"b"}, size: {"m8g"}}}, []string{"a m8g", "b m8g", "a m7g"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, n := range karpenter.Nodes(test.there, test.asked) {
				got = append(got, n.Labels[zone]+" "+n.Labels[size])
				if n.Labels["team"] != "shop" || n.Labels["kubernetes.io/arch"] != "arm64" {
					t.Errorf("labels: %v", n.Labels)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestGrowth_ends_at_the_maximum(t *testing.T) {
	p := pool.Pool{OS: "linux", Architecture: "arm64", Max: new(4)}
	there := []corev1.Node{nodeOf("arm64", nil)}
	added := p.Growth(there, nil, 10)
	if len(added) != 3 {
		t.Fatalf("%d nodes", len(added))
	}
	if got := added[2].Status.Allocatable.Cpu().String(); got != "2" {
		t.Errorf("a node is as big as the others are: cpu %s", got)
	}
	if got := len(p.Growth(there, nil, 2)); got != 2 {
		t.Errorf("%d nodes where 2 are asked for", got)
	}
}
