package provision_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool/provision"
)

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	obj := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &obj.Object); err != nil {
		t.Fatal(err)
	}
	return obj
}

// line is what a test compares of a pool.
func line(p pool.Pool) string {
	text := fmt.Sprintf("%s/%s labels %v choices %v", p.OS, p.Architecture, p.Labels, p.Choices)
	for _, taint := range p.Taints {
		text += " taint " + taint.ToString()
	}
	if p.Max != nil {
		text += fmt.Sprintf(" max %d", *p.Max)
	}
	for _, name := range []string{"cpu", "memory"} {
		for key, limit := range p.Limits {
			if string(key) == name {
				text += fmt.Sprintf(" %s %s", name, limit.String())
			}
		}
	}
	if !p.Grows {
		text += " fixed"
	}
	return text
}

func lines(pools []pool.Pool) []string {
	var all []string
	for _, p := range pools {
		all = append(all, strings.ReplaceAll(line(p), "map", ""))
	}
	return all
}

func TestNodePools(t *testing.T) {
	const named = "[karpenter.sh/nodepool:default]"
	tests := []struct {
		name, spec, status string
		want               []string
	}{
		{"both_architectures", `template: {spec: {requirements: [{key: kubernetes.io/arch, operator: In, values: [amd64, arm64]}]}}`,
			"", []string{"linux/amd64 labels " + named + " choices []", "linux/arm64 labels " + named + " choices []"}},
		{"nothing_said", `template: {spec: {}}`, "", []string{"linux/amd64 labels " + named + " choices []",
			"linux/arm64 labels " + named + " choices []"}},
		{"one_is_excluded", `template: {spec: {requirements: [{key: kubernetes.io/arch, operator: NotIn, values: [arm64]}]}}`,
			"", []string{"linux/amd64 labels " + named + " choices []"}},
		{"machines_of_one_architecture",
			`template: {spec: {requirements: [{key: karpenter.k8s.aws/instance-family, operator: In, values: [m7g, c7g]}]}}`, "",
			[]string{"linux/arm64 labels " + named + " choices [karpenter.k8s.aws/instance-family:[m7g c7g]]"}},
		{"sizes_of_Azure",
			`template: {spec: {requirements: [{key: karpenter.azure.com/sku-name, operator: In, values: [Standard_D4ps_v5]}]}}`, "",
			[]string{"linux/arm64 labels [karpenter.azure.com/sku-name:Standard_D4ps_v5 karpenter.sh/nodepool:default] " +
				"choices []"}},
		{"machines_that_nobody_knows",
			`template: {spec: {requirements: [{key: node.kubernetes.io/instance-type, operator: In, values: [thing]}, {key: kubernetes.io/arch, operator: In, values: [arm64]}]}}`,
			"", []string{"linux/arm64 labels [karpenter.sh/nodepool:default node.kubernetes.io/instance-type:thing] " +
				"choices []"}},
		{"labels_taints_and_limits", `{limits: {cpu: 100, memory: 400Gi}, template: {metadata: {labels: {team: shop}}, spec: {
			taints: [{key: team, value: shop, effect: NoSchedule}], startupTaints: [{key: starting, effect: NoExecute}],
			requirements: [{key: kubernetes.io/arch, operator: In, values: [arm64]},
			{key: topology.kubernetes.io/zone, operator: In, values: [a, b]}]}}}`, `resources: {cpu: "40", memory: 100Gi}`,
			[]string{"linux/arm64 labels [karpenter.sh/nodepool:default team:shop] choices " +
				"[topology.kubernetes.io/zone:[a b]] taint team=shop:NoSchedule cpu 60 memory 300Gi"}},
		{"windows", `template: {spec: {requirements: [{key: kubernetes.io/os, operator: In, values: [windows]}, {key: kubernetes.io/arch, operator: In, values: [amd64]}]}}`,
			"", []string{"windows/amd64 labels " + named + " choices []"}},
		{"a_fixed_number", `{replicas: 3, template: {spec: {requirements: [{key: kubernetes.io/arch, operator: In, values: [arm64]}]}}}`,
			"", []string{"linux/arm64 labels " + named + " choices [] max 3 fixed"}},
		{"a_limit_of_nodes", `{limits: {nodes: "5"}, template: {spec: {requirements: [{key: kubernetes.io/arch, operator: In, values: [arm64]}]}}}`,
			"", []string{"linux/arm64 labels " + named + " choices [] max 5"}},
		{"switched_off", `{limits: {cpu: 0}, template: {spec: {}}}`, "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			obj := object(t, "{apiVersion: karpenter.sh/v1, kind: NodePool, metadata: {name: default}}")
			obj.Object["spec"], obj.Object["status"] = object(t, test.spec).Object, object(t, test.status).Object
			pools, err := provision.NodePools(obj)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, lines(pools)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestComputeClasses(t *testing.T) {
	tests := []struct {
		name, spec string
		want       []string
	}{
		{"families", `{nodePoolAutoCreation: {enabled: true}, priorities: [{machineFamily: t2a}, {machineType: c4a-standard-4},
			{machineFamily: e2}]}`, []string{
			"linux/arm64 labels [cloud.google.com/compute-class:cheap] choices [] taint cloud.google.com/compute-class=cheap:" +
				"NoSchedule taint kubernetes.io/arch=arm64:NoSchedule",
			"linux/amd64 labels [cloud.google.com/compute-class:cheap] choices [] taint cloud.google.com/compute-class=cheap:" +
				"NoSchedule"}},
		{"without_the_taint_of_the_architecture", `{nodePoolAutoCreation: {enabled: true}, priorities: [{machineFamily: n4a}],
			nodePoolConfig: {nodeLabels: {team: shop}, taintConfig: {architectureTaintBehavior: NONE}}}`, []string{
			"linux/arm64 labels [cloud.google.com/compute-class:cheap team:shop] choices [] taint " +
				"cloud.google.com/compute-class=cheap:NoSchedule"}},
		{"a_family_that_nobody_knows", `{nodePoolAutoCreation: {enabled: true}, priorities: [{machineFamily: q9}]}`, []string{
			"linux/unknown labels [cloud.google.com/compute-class:cheap] choices [] taint " +
				"cloud.google.com/compute-class=cheap:NoSchedule"}},
		{"pools_that_are_there", `{priorities: [{nodepools: [arm]}]}`, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			obj := object(t, "{apiVersion: cloud.google.com/v1, kind: ComputeClass, metadata: {name: cheap}}")
			obj.Object["spec"] = object(t, test.spec).Object
			pools, err := provision.ComputeClasses(obj)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, lines(pools)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
