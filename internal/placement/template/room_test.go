package template_test

import (
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
)

func TestHasRoom(t *testing.T) {
	const unknown = "x-kubernetes-preserve-unknown-fields: true"
	for _, test := range []struct {
		name, group, schema string
		want                bool
	}{
		{"containers_deep_inside", "keda.sh", "{properties: {spec: {properties: {jobs: {items: {properties: {pod: " +
			"{properties: {containers: {items: {properties: {image: {type: string}}}}}}}}}}}}}", true},
		{"by_name", "x.io", "{properties: {spec: {additionalProperties: {properties: {containers: {items: {" + unknown +
			"}}}}}}}", true},
		{"metrics_have_containers_without_images", "metrics.k8s.io",
			"{properties: {containers: {items: {properties: {name: {type: string}}}}}}", false},
		{"an_open_template", "apps.kruise.io", "{properties: {spec: {properties: {podTemplate: {" + unknown + "}}}}}", true},
		{"an_open_spec", "x.io", "{properties: {metadata: {}, spec: {" + unknown + "}}}", true},
		{"open_values", "helm.toolkit.fluxcd.io", "{properties: {spec: {properties: {values: {" + unknown + "}}}}}", false},
		{"an_open_status", "x.io", "{properties: {spec: {properties: {a: {}}}, status: {" + unknown + "}}}", false},
		{"all_open", "tekton.dev", "{properties: {apiVersion: {}, kind: {}, metadata: {}}, " + unknown + "}", true},
		{"nothing_at_all", "x.io", "{properties: {metadata: {}}}", false},
		{"a_kind_with_a_shape", "tekton.dev",
			"{properties: {spec: {properties: {steps: {items: {properties: {image: {type: string}}}}}}}}", true},
		{"an_image_of_another_kind", "x.io", "{properties: {spec: {properties: {image: {type: string}}}}}", false},
		{"of_an_extension_api_server", "x.io",
			"{properties: {spec: {$ref: '#/components/schemas/io.k8s.api.core.v1.PodTemplateSpec'}}}", true},
		{"what_it_describes_is_in_the_cluster", "operators.coreos.com", "{properties: {spec: {" + unknown + "}}}", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var schema map[string]any
			if err := yaml.Unmarshal([]byte(test.schema), &schema); err != nil {
				t.Fatal(err)
			}
			if got := template.HasRoom(test.group, schema); got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}
