package template_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
)

func TestOf(t *testing.T) {
	type row struct {
		Path, Name string
		Images     []string
		Selector   map[string]string
		Fixed      bool
	}
	tests := []struct {
		name, object string
		want         []row
	}{
		{"deployment", `{apiVersion: apps/v1, kind: Deployment, spec: {template: {spec: {containers: [{image: a}]}}}}`,
			[]row{{Path: "/spec/template/spec", Name: "spec", Images: []string{"a"}}}},
		{"config_map_with_containers", `{apiVersion: v1, kind: ConfigMap, data: {containers: "[]"}}`, nil},
		{"definition_with_a_default", `{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition,
			spec: {default: {containers: [{name: a, image: a}]}}}`, nil},
		{"status_is_no_template", `{apiVersion: x.io/v1, kind: X, status: {containers: [{name: a, image: a}]}}`, nil},
		{"containers_without_image", `{apiVersion: x.io/v1, kind: X, spec: {containers: [{name: a}]}}`, nil},
		{"in_lists", `{apiVersion: ray.io/v1, kind: RayCluster, spec: {workerGroupSpecs: [
			{groupName: cpu, template: {spec: {containers: [{name: a, image: a}]}}},
			{template: {spec: {nodeSelector: {k: v}, containers: [{name: a, image: b}]}}}]}}`,
			[]row{
				{Path: "/spec/workerGroupSpecs/0/template/spec", Name: "spec.workerGroupSpecs[cpu]", Images: []string{"a"}},
				{Path: "/spec/workerGroupSpecs/1/template/spec", Name: "spec.workerGroupSpecs[1]", Images: []string{"b"},
					Selector: map[string]string{"k": "v"}},
			}},
		{"beside_other_fields", `{apiVersion: monitoring.coreos.com/v1, kind: Prometheus,
			spec: {image: p, nodeSelector: {k: v}, containers: [{name: proxy, image: a}]}}`,
			[]row{{Path: "/spec", Name: "spec", Images: []string{"a"}, Selector: map[string]string{"k": "v"}}}},
		{"argo_template_has_the_workflow_s_nodes", `{apiVersion: argoproj.io/v1alpha1, kind: CronWorkflow,
			spec: {workflowSpec: {nodeSelector: {k: v}, templates: [
				{name: a, container: {image: a}, sidecars: [{name: s, image: s}]},
				{name: b, nodeSelector: {k: w}, script: {image: b, source: x}},
				{name: c, containerSet: {containers: [{name: c, image: c}]}}, {name: d, steps: []}]}}}`,
			[]row{
				{Path: "/spec/workflowSpec/templates/0", Name: "spec.workflowSpec.templates[a]", Images: []string{"a", "s"},
					Selector: map[string]string{"k": "v"}},
				{Path: "/spec/workflowSpec/templates/1", Name: "spec.workflowSpec.templates[b]", Images: []string{"b"},
					Selector: map[string]string{"k": "w"}},
				{Path: "/spec/workflowSpec/templates/2", Name: "spec.workflowSpec.templates[c]", Images: []string{"c"},
					Selector: map[string]string{"k": "v"}},
			}},
		{"tekton_run_has_a_pod_template", `{apiVersion: tekton.dev/v1, kind: TaskRun, spec: {podTemplate: {nodeSelector: {k: v}},
			taskSpec: {stepTemplate: {image: a}, steps: [{name: x}, {name: y, image: "$(params.i)"}]}}}`,
			nil},
		{"tekton_task", `{apiVersion: tekton.dev/v1, kind: Task, spec: {steps: [{image: a}], sidecars: [{name: s, image: s}]}}`,
			[]row{{Path: "/spec", Name: "spec", Images: []string{"a", "s"}, Fixed: true}}},
		{"spark", `{apiVersion: sparkoperator.k8s.io/v1beta2, kind: SparkApplication, spec: {image: a, nodeSelector: {k: v},
			driver: {nodeSelector: {l: w}}, executor: {image: b}}}`,
			[]row{
				{Path: "/spec/driver", Name: "spec.driver", Images: []string{"a"}, Selector: map[string]string{"k": "v", "l": "w"}},
				{Path: "/spec/executor", Name: "spec.executor", Images: []string{"b"}, Selector: map[string]string{"k": "v"}},
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []row
			for _, found := range template.Of(parse(t, test.object)) {
				r := row{Path: found.Path.String(), Name: found.Name, Selector: found.Spec.NodeSelector, Fixed: found.Fixed != ""}
				for _, c := range found.Spec.Containers {
					r.Images = append(r.Images, c.Image)
				}
				got = append(got, r)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnplanned(t *testing.T) {
	tests := []struct {
		name, object string
		want         []string
	}{
		{"an_image_by_a_name_of_its_own", `{apiVersion: postgresql.cnpg.io/v1, kind: Cluster,
			spec: {imageName: "ghcr.io/cnpg/postgresql:18", pods: [{sidecarImage: "proxy:1"}]}}`,
			[]string{"spec.imageName", "spec.pods[0].sidecarImage"}},
		{"in_a_template", `{apiVersion: keda.sh/v1, kind: ScaledJob,
			spec: {jobTargetRef: {template: {spec: {containers: [{name: a, image: "a:1"}]}}}}}`, nil},
		{"beside_a_template", `{apiVersion: monitoring.coreos.com/v1, kind: Prometheus,
			spec: {image: "prometheus:3", containers: [{name: proxy, image: "a:1"}]}}`, []string{"spec.image"}},
		{"parameters", `{apiVersion: tekton.dev/v1, kind: Task, spec: {steps: [{name: a, image: "$(params.image)"}]}}`,
			[]string{"spec.steps[0].image"}},
		{"no_reference", `{apiVersion: x.io/v1, kind: X, spec: {image: ubuntu, logoImage: "https://x.io/logo"}}`, nil},
		{"kubernetes_own_kind", `{apiVersion: v1, kind: ConfigMap, data: {image: "a:1"}}`, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			obj := parse(t, test.object)
			if diff := cmp.Diff(test.want, template.Unplanned(obj)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func parse(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	obj := &unstructured.Unstructured{}
	if err := yaml.UnmarshalStrict([]byte(text), &obj.Object); err != nil {
		t.Fatal(err)
	}
	return obj
}
