package preset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nodes.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFile(t *testing.T) {
	nodes, err := File(writeFile(t, `
labels: {team: shop, tier: common}
pools:
- name: arm
  count: 2
  architecture: arm64
  labels: {tier: own}
  taints: ["arch=arm64:NoSchedule", "drained:NoExecute"]
  capacity: {cpu: 500m, memory: 2Gi, example.com/gpu: 1}
  allocatable: {cpu: 0.4}
  unschedulable: true
  kubernetesVersion: v1.35.1
  containerdVersion: 1.6.20
- name: big
  architecture: amd64
- name: empty
  count: 0
  architecture: s390x
`), "v1.36.3")
	if err != nil {
		t.Fatal(err)
	}
	arm := corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{
			"team": "shop", "tier": "own",
			"kubernetes.io/arch": "arm64", "kubernetes.io/os": "linux",
			"beta.kubernetes.io/arch": "arm64", "beta.kubernetes.io/os": "linux",
		}},
		Spec: corev1.NodeSpec{
			Taints: []corev1.Taint{
				{Key: "arch", Value: "arm64", Effect: corev1.TaintEffectNoSchedule},
				{Key: "drained", Effect: corev1.TaintEffectNoExecute},
			},
			Unschedulable: true,
		},
		Status: corev1.NodeStatus{
			Capacity:    resources("500m", "2Gi", "1"),
			Allocatable: resources("400m", "2Gi", "1"),
			NodeInfo: corev1.NodeSystemInfo{
				Architecture: "arm64", OperatingSystem: "linux", KubeletVersion: "v1.35.1",
				ContainerRuntimeVersion: "containerd://1.6.20",
				OSImage:                 "Ubuntu 24.04.3 LTS", KernelVersion: "6.8.0-87-generic",
			},
		},
	}
	big := corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{
			"team": "shop", "tier": "common",
			"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux",
			"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux",
		}},
		Status: corev1.NodeStatus{
			Capacity:    resources("4", "16Gi", ""),
			Allocatable: resources("4", "16Gi", ""),
			NodeInfo: corev1.NodeSystemInfo{
				Architecture: "amd64", OperatingSystem: "linux", KubeletVersion: "v1.36.3",
				ContainerRuntimeVersion: "containerd://2.3.7",
				OSImage:                 "Ubuntu 24.04.3 LTS", KernelVersion: "6.8.0-87-generic",
			},
		},
	}
	want := []corev1.Node{named(arm, "arm-0", 0), named(arm, "arm-1", 1), named(big, "big-0", 2)}
	if diff := cmp.Diff(want, nodes); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
}

func resources(cpu, memory, gpu string) corev1.ResourceList {
	list := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse(cpu),
		corev1.ResourceMemory: resource.MustParse(memory),
		corev1.ResourcePods:   resource.MustParse("110"),
	}
	if gpu != "" {
		list["example.com/gpu"] = resource.MustParse(gpu)
	}
	return list
}

func TestFile_without_nodes(t *testing.T) {
	nodes, err := File(writeFile(t, "pools: []\n"), "v1.36.3")
	if err != nil || len(nodes) != 0 {
		t.Errorf("an empty list of pools gave %d nodes and error %v; it describes a cluster without nodes", len(nodes), err)
	}
}

func TestFile_problems(t *testing.T) {
	for _, test := range []struct{ name, file, want string }{
		{"an_empty_file", "", `
1 problem(s) to correct:
pools: missing; list at least one pool with name and architecture, or write "pools: []" for a cluster without nodes`},
		{"no_yaml", "pools: [", `
it is no YAML that can be read: yaml: line 1: did not find expected node content`},
		{"a_wrong_type", "pools: {name: arm}", `
a value has the wrong type: json: cannot unmarshal object into Go struct field Pools.pools of type []preset.Pool`},
		{"everything_at_once", `
labels: {"a b": x, kubernetes.io/arch: amd64}
pools:
- {name: Arm, architecture: arm64}
- {name: x, arch: arm64, count: -1, os: plan9}
- {name: x, architecture: amd64, count: 1, nodes: [one]}
- {name: w, architecture: amd64, nodes: [one, one], colour: red}
- name: z
  architecture: amd64
  taints: ["arm64:Sometimes"]
  capacity: {cpu: lots, memory: -1}
  labels: {team: "no good"}
`, `
15 problem(s) to correct:
unknown field "pools[1].arch"
unknown field "pools[3].colour"
labels: key "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
labels: kubernetes.io/arch follows from the node's name, os and architecture; remove it
pools[0]: "Arm" is no node's name: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
pools[1].architecture: ""; name a CPU as Go does, such as amd64 or arm64
pools[1].os: "plan9"; use linux or windows
pools[1].count: -1; give a number from 0 to 1000
pools[2].name: "x" is another pool's name; rename one
pools[2]: give count or nodes, not both
pools[3]: a node named "one" exists already; rename one
pools[4].labels: team: value "no good": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
pools[4].capacity.cpu: "lots" is no quantity; write one such as 4, 500m or 16Gi
pools[4].capacity.memory: "-1" is no quantity; write one such as 4, 500m or 16Gi
pools[4].taints: "arm64:Sometimes"; write KEY=VALUE:EFFECT or KEY:EFFECT, EFFECT one of NoSchedule, PreferNoSchedule, NoExecute`},
		{"too_many_nodes", "pools: [{name: a, architecture: amd64, count: 999}, {name: b, architecture: arm64, count: 2}]", `
1 problem(s) to correct:
pools: 1001 nodes; at most 1000 are possible`},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := writeFile(t, test.file)
			_, err := File(path, "v1.36.3")
			got, _ := strings.CutPrefix(errorText(err), "nodes file "+`"`+path+`": `)
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}
