package object_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

func TestKeyOf_is_the_same_in_every_version(t *testing.T) {
	of := func(version string) object.Key {
		return object.KeyOf(&unstructured.Unstructured{Object: map[string]any{
			"apiVersion": version, "kind": "Deployment", "metadata": map[string]any{"namespace": "shop", "name": "cart"},
		}})
	}
	want := object.Key{GroupKind: schema.GroupKind{Group: "apps", Kind: "Deployment"}, Namespace: "shop", Name: "cart"}
	if diff := cmp.Diff([]object.Key{want, want}, []object.Key{of("apps/v1"), of("apps/v1beta1")}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestConditions_reads_what_controllers_write(t *testing.T) {
	u := &unstructured.Unstructured{Object: map[string]any{"status": map[string]any{"conditions": []any{
		map[string]any{"type": "Ready", "status": "False", "reason": "Starting", "message": "1 of 2",
			"observedGeneration": int64(3)},
		map[string]any{"type": "Synced", "status": true},
		"no condition", map[string]any{"status": "True"},
	}}}}
	want := []object.Condition{
		{Type: "Ready", Status: "False", Reason: "Starting", Message: "1 of 2", ObservedGeneration: 3},
		{Type: "Synced", Status: "True"},
	}
	if diff := cmp.Diff(want, object.Conditions(u)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[1], object.ConditionOf(u, "Synced")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := object.ConditionOf(u, "Healthy"); got != (object.Condition{}) {
		t.Errorf("a condition that is not there: %+v", got)
	}
}

func TestContainers_lists_them_as_the_kubelet_starts_them(t *testing.T) {
	pod := &corev1.Pod{
		Spec: corev1.PodSpec{
			InitContainers: []corev1.Container{{Name: "migrate"},
				{Name: "proxy", RestartPolicy: new(corev1.ContainerRestartPolicyAlways)}},
			Containers: []corev1.Container{{Name: "app"}},
		},
		Status: corev1.PodStatus{
			InitContainerStatuses: []corev1.ContainerStatus{{Name: "proxy", RestartCount: 2}},
			ContainerStatuses:     []corev1.ContainerStatus{{Name: "app", Ready: true}},
		},
	}
	type row struct {
		Name           string
		Init, Ran      bool
		Ready, Started bool
	}
	var got []row
	for _, c := range object.Containers(pod) {
		got = append(got, row{c.Name, c.Init, c.Status.RestartCount > 0, c.Status.Ready, c.Started()})
	}
	want := []row{{Name: "migrate", Init: true}, {Name: "proxy", Ran: true, Started: true}, {Name: "app", Ready: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
