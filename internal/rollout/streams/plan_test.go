package streams

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// What is watched is what a deployer needs permission for, so the list is kept short on purpose.
func TestPlan_watches_what_matters_and_nothing_else(t *testing.T) {
	mapper := meta.NewDefaultRESTMapper(nil)
	for _, kind := range []schema.GroupVersionKind{
		{Group: "apps", Version: "v1", Kind: "Deployment"}, {Group: "batch", Version: "v1", Kind: "Job"},
		{Version: "v1", Kind: "Service"}, {Group: "example.com", Version: "v1", Kind: "Shop"},
	} {
		mapper.Add(kind, meta.RESTScopeNamespace)
	}
	tests := []struct {
		name    string
		objects [][2]string
		want    []string
	}{
		{name: "objects_without_a_status", objects: [][2]string{{"v1", "ConfigMap"}, {"v1", "Secret"},
			{"batch/v1", "CronJob"}, {"v1", "Namespace"}}},
		{name: "service", objects: [][2]string{{"v1", "Service"}}, want: []string{`services in namespace "shop"`}},
		{
			name: "deployment_and_job_share_their_pods", objects: [][2]string{{"apps/v1", "Deployment"}, {"batch/v1", "Job"}},
			want: []string{
				`deployments.apps in namespace "shop"`, `replicasets.apps in namespace "shop"`, `pods in namespace "shop"`,
				`optional events in namespace "shop"`, `jobs.batch in namespace "shop"`,
			},
		},
		{
			name:    "custom_object_beside_a_deployment",
			objects: [][2]string{{"example.com/v1", "Shop"}, {"apps/v1", "Deployment"}},
			want: []string{
				`shops.example.com in namespace "shop"`, `replicasets.apps in namespace "shop"`,
				`deployments.apps in namespace "shop"`,
				`optional statefulsets.apps in namespace "shop"`, `optional daemonsets.apps in namespace "shop"`,
				`optional jobs.batch in namespace "shop"`,
				`pods in namespace "shop"`, `optional events in namespace "shop"`,
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var applied []*unstructured.Unstructured
			for _, o := range test.objects {
				applied = append(applied, &unstructured.Unstructured{Object: map[string]any{"apiVersion": o[0], "kind": o[1],
					"metadata": map[string]any{"namespace": "shop", "name": "x"}}})
			}
			streams, err := Plan(mapper, applied)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range streams {
				text := s.String()
				if s.Optional {
					text = "optional " + text
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
