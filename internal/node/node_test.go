package node_test

import (
	"testing"

	"github.com/containerd/platforms"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
)

func TestPlatform(t *testing.T) {
	tests := []struct {
		name   string
		labels map[string]string
		info   corev1.NodeSystemInfo
		want   platforms.Platform
		kind   string
	}{
		{
			"the_kubelet_goes_before_labels", map[string]string{"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux"},
			corev1.NodeSystemInfo{Architecture: "arm64", OperatingSystem: "windows"},
			platforms.Platform{Architecture: "arm64", OS: "windows"}, "windows/arm64",
		},
		{
			"labels_of_a_node_without_kubelet", map[string]string{"kubernetes.io/arch": "arm64", "kubernetes.io/os": "windows"},
			corev1.NodeSystemInfo{}, platforms.Platform{Architecture: "arm64", OS: "windows"}, "windows/arm64",
		},
		{
			"labels_of_old", map[string]string{"beta.kubernetes.io/arch": "arm64", "beta.kubernetes.io/os": "windows"},
			corev1.NodeSystemInfo{}, platforms.Platform{Architecture: "arm64", OS: "windows"}, "windows/arm64",
		},
		{"nothing_reported", nil, corev1.NodeSystemInfo{}, platforms.Platform{Architecture: "unknown", OS: "linux"},
			"unknown"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n", Labels: test.labels},
				Status: corev1.NodeStatus{NodeInfo: test.info}}
			if diff := cmp.Diff(test.want, node.Platform(&n)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got := node.Architectures([]corev1.Node{n})("n"); got != test.kind {
				t.Errorf("by name: %q", got)
			}
		})
	}
	if got := node.Architectures(nil)("gone"); got != "" {
		t.Errorf("of a node that is not there: %q", got)
	}
}

func TestTaints(t *testing.T) {
	type is struct{ passing, amd64, arm64 bool }
	tests := []struct {
		taint string // key, or key=value
		want  is
	}{
		{"kubernetes.io/arch=arm64", is{amd64: true, arm64: true}},
		{"beta.kubernetes.io/arch=arm64", is{amd64: true, arm64: true}},
		{"arch=arm64", is{arm64: true}},
		{"arch=arm", is{arm64: true}},
		{"cpu-arch=x86", is{amd64: true}},
		{"example.com/arm64=true", is{arm64: true}},
		{"example.com/arm", is{arm64: true}},
		{"AArch64", is{arm64: true}},
		{"dedicated=arm64", is{arm64: true}},
		{"dedicated=x86_64", is{amd64: true}},
		{"team=arm", is{}},
		{"team=x86", is{}},
		{"nvidia.com/gpu=present", is{}},
		{"CriticalAddonsOnly=true", is{}},
		{"node.kubernetes.io/unschedulable", is{passing: true}},
		{"node.kubernetes.io/out-of-service=nodeshutdown", is{passing: true}},
		{"node.cloudprovider.kubernetes.io/uninitialized=true", is{passing: true}},
		{"ToBeDeletedByClusterAutoscaler=1700000000", is{passing: true}},
		{"DeletionCandidateOfClusterAutoscaler=1700000000", is{passing: true}},
		{"startup-taint.cluster-autoscaler.kubernetes.io/gpu=true", is{passing: true}},
		{"status-taint.cluster-autoscaler.kubernetes.io/full", is{passing: true}},
		{"ignore-taint.cluster-autoscaler.kubernetes.io/x", is{passing: true}},
		{"karpenter.sh/disrupted", is{passing: true}},
		{"karpenter.sh/unregistered", is{passing: true}},
		{"karpenter.sh/nodepool=arm64", is{arm64: true}},
		{"node.cilium.io/agent-not-ready=true", is{passing: true}},
		{"ebs.csi.aws.com/agent-not-ready", is{passing: true}},
	}
	for _, test := range tests {
		t.Run(test.taint, func(t *testing.T) {
			taint := parse(test.taint, corev1.TaintEffectNoSchedule)
			got := is{node.Passing(taint), node.Architectural(taint, "amd64"), node.Architectural(taint, "arm64")}
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			lasts := len(node.Lasting(&corev1.Node{Spec: corev1.NodeSpec{Taints: []corev1.Taint{taint}}})) > 0
			if lasts == test.want.passing {
				t.Errorf("lasting: %t", lasts)
			}
		})
	}
	soft := corev1.Node{Spec: corev1.NodeSpec{Taints: []corev1.Taint{parse("arch=arm64",
		corev1.TaintEffectPreferNoSchedule)}}}
	if got := node.Lasting(&soft); len(got) > 0 {
		t.Errorf("a soft taint keeps nobody off: %v", got)
	}
}
