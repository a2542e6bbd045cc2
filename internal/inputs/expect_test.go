package inputs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

var open = []string{corev1.LabelTopologyZone, corev1.LabelTopologyRegion, corev1.LabelFailureDomainBetaZone,
	corev1.LabelFailureDomainBetaRegion}

func TestParse_expected_nodes(t *testing.T) {
	config, err := parse(map[string]string{"expect-nodes": `
		# what is ordered
		arch=arm64
		arch=arm64 os=windows taint=kubernetes.io/arch=arm64:NoSchedule taint=spot:NoExecute label=team=shop label=x= cpu=3800m memory=14Gi max=10`,
	}, inputs.Needs{})
	if err != nil {
		t.Fatal(err)
	}
	sized := pool.Plenty()
	sized[corev1.ResourceCPU], sized[corev1.ResourceMemory] = resource.MustParse("3800m"), resource.MustParse("14Gi")
	want := []pool.Pool{
		{Source: pool.Expected, Name: "line 3", OS: "linux", Architecture: "arm64", Labels: map[string]string{}, Open: open,
			Allocatable: pool.Plenty()},
		{Source: pool.Expected, Name: "line 4", OS: "windows", Architecture: "arm64",
			Labels: map[string]string{"team": "shop", "x": ""}, Open: open, Allocatable: sized, Max: new(10),
			Taints: []corev1.Taint{{Key: "kubernetes.io/arch", Value: "arm64", Effect: "NoSchedule"},
				{Key: "spot", Effect: "NoExecute"}}},
	}
	if diff := cmp.Diff(want, config.ExpectedNodes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// badValue is Kubernetes' own text.
const badValue = "a valid label must be an empty string or consist of alphanumeric characters, " +
	"'-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  " +
	"or 'my_value',  or '12345', " +
	"regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

func TestParse_reports_all_problems_of_expected_nodes(t *testing.T) {
	_, err := parse(map[string]string{"expect-nodes": "arm64\n\narch=aarch64 os=plan9\narch=arm64 taint=a=b " +
		"taint=a=b:Never taint=a=?:NoSchedule label=a label=kubernetes.io/arch=arm64 label=a=b label=a=c label=b=? " +
		"colour=red\n" +
		"arch=arm64 arch=amd64 cpu=0 memory=much max=none max=\narch=arm/v7"}, inputs.Needs{})
	want := inputs.Problems{
		`expect-nodes, line 1: "arm64" is not key=value`,
		`expect-nodes, line 1: no architecture; write arch=arm64`,
		`expect-nodes, line 3: arch is "aarch64"; write what nodes report, such as amd64 or arm64`,
		`expect-nodes, line 3: os is "plan9"; a node has linux or windows`,
		`expect-nodes, line 4: taint "a=b" is not KEY=VALUE:EFFECT, with one of the effects NoSchedule, PreferNoSchedule, NoExecute`,
		`expect-nodes, line 4: taint "a=b:Never" is not KEY=VALUE:EFFECT, with one of the effects NoSchedule, PreferNoSchedule, NoExecute`,
		`expect-nodes, line 4: taint a: the value "?": ` + badValue,
		`expect-nodes, line 4: label "a" is not KEY=VALUE`,
		`expect-nodes, line 4: label kubernetes.io/arch follows from arch and os; drop it`,
		`expect-nodes, line 4: label a is "b" and "c"; a node has one value`,
		`expect-nodes, line 4: label b: the value "?": ` + badValue,
		`expect-nodes, line 4: unknown key "colour"; known are arch, os, taint, label, cpu, memory, max`,
		`expect-nodes, line 5: arch is given twice`,
		`expect-nodes, line 5: cpu is "0"; write what pods can have of a node, such as cpu=3800m or memory=14Gi`,
		`expect-nodes, line 5: memory is "much"; write what pods can have of a node, such as cpu=3800m or memory=14Gi`,
		`expect-nodes, line 5: max is "none"; write how many nodes there may be, such as max=10`,
		`expect-nodes, line 5: "max=" is not key=value`,
		`expect-nodes, line 6: arch is "arm/v7"; write what nodes report, such as amd64 or arm64`,
	}
	if diff := cmp.Diff(error(want), err); diff != "" {
		t.Error(diff)
	}
}
