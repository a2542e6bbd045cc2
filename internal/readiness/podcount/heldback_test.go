package podcount

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// parse reads an object.
func parse(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	u := &unstructured.Unstructured{}
	json, err := yaml.YAMLToJSON([]byte(text))
	if err == nil {
		err = u.UnmarshalJSON(json)
	}
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestHeldBack_counts_the_pods_of_an_older_revision(t *testing.T) {
	tests := []struct {
		name, object string
		want         int64
		why          string
	}{
		{"paused", "{apiVersion: apps/v1, kind: Deployment, spec: {paused: true}, status: {replicas: 3, updatedReplicas: 1}}",
			2, "paused"},
		{"paused_when_nothing_changed", "{apiVersion: apps/v1, kind: Deployment, spec: {paused: true}, status: {replicas: " +
			"3, updatedReplicas: 3}}", 0, "paused"},
		{"on_delete", "{apiVersion: apps/v1, kind: StatefulSet, spec: {updateStrategy: {type: OnDelete}}, status: " +
			"{replicas: 3, currentRevision: a, updateRevision: b}}", 3, "updateStrategy OnDelete"},
		{"on_delete_when_nothing_changed", "{apiVersion: apps/v1, kind: StatefulSet, spec: {updateStrategy: {type: " +
			"OnDelete}}, status: {replicas: 3, currentRevision: a, updateRevision: a}}", 0, "updateStrategy OnDelete"},
		{"partition", "{apiVersion: apps/v1, kind: StatefulSet, spec: {updateStrategy: {rollingUpdate: {partition: 2}}}, " +
			"status: {replicas: 3, updatedReplicas: 1, currentRevision: a, updateRevision: b}}", 2,
			"updateStrategy.rollingUpdate.partition 2"},
		{"partition_and_not_done", "{apiVersion: apps/v1, kind: StatefulSet, spec: {updateStrategy: {rollingUpdate: " +
			"{partition: 2}}}, status: {replicas: 3, currentRevision: a, updateRevision: b}}", 2,
			"updateStrategy.rollingUpdate.partition 2"},
		{"daemonset", "{apiVersion: apps/v1, kind: DaemonSet, spec: {updateStrategy: {type: OnDelete}}, status: " +
			"{currentNumberScheduled: 4, updatedNumberScheduled: 1}}", 3, "updateStrategy OnDelete"},
		{"partition_of_kruise", "{apiVersion: apps.kruise.io/v1beta1, kind: StatefulSet, spec: {replicas: 4, " +
			"updateStrategy: {rollingUpdate: {partition: 3}}}, status: {replicas: 4, updatedReplicas: 1}}", 3,
			"updateStrategy.rollingUpdate.partition 3"},
		{"share_of_a_clone_set", "{apiVersion: apps.kruise.io/v1alpha1, kind: CloneSet, spec: {replicas: 5, " +
			"updateStrategy: {partition: 50%}}, status: {replicas: 5, updatedReplicas: 2}}", 3, "updateStrategy.partition 50%"},
		{"on_delete_of_kruise", "{apiVersion: apps.kruise.io/v1alpha1, kind: DaemonSet, spec: {updateStrategy: {type: " +
			"OnDelete}}, status: {currentNumberScheduled: 4, updatedNumberScheduled: 1}}", 3, "updateStrategy OnDelete"},
		{"rolling", "{apiVersion: apps/v1, kind: Deployment, status: {replicas: 3, updatedReplicas: 1}}", 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := HeldBack(parse(t, test.object))
			if got.Pods != test.want || got.Why != test.why {
				t.Errorf("got %d pods (%s), want %d (%s)", got.Pods, got.Why, test.want, test.why)
			}
		})
	}
}
