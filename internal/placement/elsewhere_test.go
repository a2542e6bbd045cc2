package placement_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// TestPlan_counts_the_room_of_another_architecture has a workload of six pods that need a CPU each, and amd64 nodes
// with 2.
func TestPlan_counts_the_room_of_another_architecture(t *testing.T) {
	const tainted = `spec: {taints: [{key: kubernetes.io/arch, value: arm64, effect: NoSchedule}]}`
	tests := []struct {
		name, arm, spec string
		want            string // of the advice, after "Or "
	}{
		{"behind_a_taint", "cpu: 3\n" + tainted, "",
			"let it use the arm64 nodes, on which its images run too: 5 of 6 fit then."},
		{"given_up_by_a_selector", "cpu: 9\n" + tainted, "nodeSelector: {kubernetes.io/arch: amd64}",
			"let it use the arm64 nodes, on which its images run too: all 6 fit then."},
		{"given_up_by_an_affinity", "cpu: 3", `affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {
			nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/arch, operator: NotIn, values: [arm64]}]}]}}}`,
			"let it use the arm64 nodes, on which its images run too: 5 of 6 fit then."},
		{"as_full", "cpu: 0\n" + tainted, "", ""},
		{"behind_another_taint", "cpu: 9\n" + `spec: {taints: [{key: team, value: a, effect: NoSchedule}]}`, "", ""},
		{"kept_off_by_another_label", "cpu: 9\n" + tainted, "nodeSelector: {kubernetes.io/arch: amd64, disk: ssd}", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			size, rest, _ := strings.Cut(test.arm, "\n")
			there := schedule.Snapshot{Nodes: []corev1.Node{nodeOf(t, "amd64", "cpu: 2", "disk: ssd", ""),
				nodeOf(t, "arm64", size, "", rest)}}
			obj := web(t, "")
			fields := map[string]any{}
			parseYAML(t, test.spec, &fields)
			spec, _, _ := unstructured.NestedMap(obj.Object, "spec", "template", "spec")
			delete(spec, "nodeSelector")
			for key, value := range fields {
				spec[key] = value
			}
			_ = unstructured.SetNestedMap(obj.Object, spec, "spec", "template", "spec")
			v := plan(t, placement.Request{Cluster: there, Room: true, Policy: placement.Fail,
				Objects: []*unstructured.Unstructured{obj}, Images: map[string]platform.Offer{
					"web:1": {Index: true, Platforms: parse(t, []string{"linux/amd64", "linux/arm64"})}}})
			if len(v[0].Findings) != 1 {
				t.Fatalf("%v", v[0].Findings)
			}
			if _, got, _ := strings.Cut(v[0].Findings[0].Fix, " Or "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func nodeOf(t *testing.T, arch, size, label, rest string) corev1.Node {
	t.Helper()
	var n corev1.Node
	parseYAML(t, `
metadata: {name: n-`+arch+`, labels: {kubernetes.io/hostname: n-`+arch+`, kubernetes.io/arch: `+arch+`, `+label+`}}
status: {allocatable: {memory: 8Gi, pods: 110, `+size+`}}
`+rest, &n)
	return n
}

func parseYAML(t *testing.T, text string, into any) {
	t.Helper()
	must(t, yaml.Unmarshal([]byte(strings.ReplaceAll(text, "\t", " ")), into))
}
