package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/admission/rules"
)

// set is what the rules are made of: the deploy's own objects.
const set = `
- {apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: sandbox}, handler: runsc,
   overhead: {podFixed: {memory: 100Mi}},
   scheduling: {nodeSelector: {kubernetes.io/arch: arm64}, tolerations: [{key: sandbox, operator: Exists}]}}
- {apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 1000, preemptionPolicy: Never}
- {apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: usual}, value: 10, globalDefault: true}
- {apiVersion: v1, kind: Namespace, metadata: {name: pooled, annotations: {
   scheduler.alpha.kubernetes.io/node-selector: "pool=blue",
   scheduler.alpha.kubernetes.io/defaultTolerations: '[{"key":"team","operator":"Exists"}]'}}}
- {apiVersion: v1, kind: LimitRange, metadata: {name: limits, namespace: limited}, spec: {limits: [
   {type: Container, default: {memory: 1Gi}, defaultRequest: {cpu: 100m}, max: {cpu: "2"}}, {type: Pod, max: {cpu: "4"}}]}}
`

func TestAdmit(t *testing.T) {
	tests := []struct{ name, namespace, spec, want, refusal string }{
		{"nothing_applies", "shop", `{priorityClassName: unknown}`, `{priorityClassName: unknown}`, ""},
		{"priority_by_default", "shop", `{}`, `{priority: 10}`, ""},
		{"priority_by_name", "shop", `{priorityClassName: high}`,
			`{priorityClassName: high, priority: 1000, preemptionPolicy: Never}`, ""},
		{"priority_of_the_system", "shop", `{priorityClassName: system-node-critical}`,
			`{priorityClassName: system-node-critical, priority: 2000001000}`, ""},
		{"runtime_class", "shop", `{runtimeClassName: sandbox, nodeSelector: {a: b}}`,
			`{priority: 10, runtimeClassName: sandbox, nodeSelector: {a: b, kubernetes.io/arch: arm64}, overhead: {memory: 100Mi},
				tolerations: [{key: sandbox, operator: Exists}]}`, ""},
		{"runtime_class_that_contradicts", "shop", `{runtimeClassName: sandbox, nodeSelector: {kubernetes.io/arch: amd64}}`, "",
			"conflict: runtimeClass.scheduling.nodeSelector[kubernetes.io/arch] = arm64; " +
				"pod.spec.nodeSelector[kubernetes.io/arch] = amd64"},
		{"runtime_class_that_is_not_known", "shop", `{runtimeClassName: other}`, `{priority: 10, runtimeClassName: other}`, ""},
		{"namespace", "pooled", `{nodeSelector: {a: b}}`,
			`{priority: 10, nodeSelector: {a: b, pool: blue}, tolerations: [{key: team, operator: Exists}]}`, ""},
		{"namespace_that_contradicts", "pooled", `{nodeSelector: {pool: green}}`, "",
			"pod node label selector conflicts with its namespace node label selector"},
		{"limits_are_requests", "shop", `{containers: [{name: a, resources: {limits: {cpu: "1"}}}]}`,
			`{priority: 10, containers: [{name: a, resources: {limits: {cpu: "1"}, requests: {cpu: "1"}}}]}`, ""},
		{"limit_range", "limited", `{containers: [{name: a, resources: {requests: {memory: 2Gi}}}]}`,
			`{priority: 10, containers: [{name: a, resources: {requests: {cpu: 100m, memory: 2Gi}, limits: {cpu: "2", memory: 1Gi}}}]}`,
			""},
	}
	var objects []*unstructured.Unstructured
	var list []map[string]any
	parse(t, set, &list)
	for _, obj := range list {
		objects = append(objects, &unstructured.Unstructured{Object: obj})
	}
	r := rules.Rules{}.With(objects)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			pod := &corev1.Pod{}
			pod.Namespace = test.namespace
			parse(t, test.spec, &pod.Spec)
			before := pod.DeepCopy()
			got, err := r.Admit(pod)
			if diff := cmp.Diff(before, pod); diff != "" {
				t.Errorf("the given pod changed:\n%s", diff)
			}
			if test.refusal != "" {
				if err == nil || err.Error() != test.refusal {
					t.Fatalf("got error %v, want %q", err, test.refusal)
				}
				return
			}
			want := corev1.PodSpec{}
			parse(t, test.want, &want)
			if diff := cmp.Diff(want, got.Spec); diff != "" || err != nil {
				t.Errorf("error %v, (-want +got):\n%s", err, diff)
			}
		})
	}
}

func parse(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}
