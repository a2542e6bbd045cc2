package rollout

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

func TestWorkload_of_a_pod(t *testing.T) {
	tests := []struct {
		name string
		// applied is the object that was applied, between what was seen beside it.
		applied *unstructured.Unstructured
		between []*unstructured.Unstructured
		pod     metav1.ObjectMeta
		want    string
	}{
		{name: "of_the_current_replicaset", applied: deployment(1, 2), between: some(replicaSet("rs-1", "1")),
			pod: ownedBy("rs-1"), want: "apps/v1 Deployment shop/cart"},
		{name: "of_the_replicaset_before", applied: deployment(1, 2), between: some(replicaSet("rs-0", "0")),
			pod: ownedBy("rs-0")},
		{name: "of_a_replicaset_not_seen_yet", applied: deployment(1, 2), pod: ownedBy("rs-1")},
		{name: "of_nobody", applied: deployment(1, 2), pod: metav1.ObjectMeta{Namespace: "shop"}},
		{
			name: "of_a_custom_object_through_its_deployment", applied: bare("example.com/v1", "Shop", "shop"),
			want:    "example.com/v1 Shop shop/shop",
			between: some(under(deployment(1, 2), "Shop", "shop"), replicaSet("rs-1", "1")), pod: ownedBy("rs-1"),
		},
		{
			name:    "of_a_statefulset_at_its_update_revision",
			applied: set(bare("apps/v1", "StatefulSet", "db"), "status", "updateRevision", "db-2"),
			pod:     labelled(ownedBy("db"), "controller-revision-hash", "db-2"), want: "apps/v1 StatefulSet shop/db",
		},
		{
			name:    "of_a_statefulset_at_the_revision_before",
			applied: set(bare("apps/v1", "StatefulSet", "db"), "status", "updateRevision", "db-2"),
			pod:     labelled(ownedBy("db"), "controller-revision-hash", "db-1"),
		},
		{
			name: "of_a_daemonset_at_its_generation",
			applied: set(bare("apps/v1", "DaemonSet", "agent"), "metadata", "annotations",
				"deprecated.daemonset.template.generation", "3"),
			pod: labelled(ownedBy("agent"), "pod-template-generation", "3"), want: "apps/v1 DaemonSet shop/agent",
		},
		{
			name: "of_a_daemonset_at_the_generation_before",
			applied: set(bare("apps/v1", "DaemonSet", "agent"), "metadata", "annotations",
				"deprecated.daemonset.template.generation", "3"),
			pod: labelled(ownedBy("agent"), "pod-template-generation", "2"),
		},
		{
			name: "of_owners_in_a_circle", applied: deployment(1, 2), pod: ownedBy("a"),
			between: some(under(bare("v1", "A", "a"), "B", "b"), under(bare("v1", "B", "b"), "A", "a")),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tr := newTracker(some(test.applied), DefaultOptions())
			for _, u := range append(test.between, test.applied) {
				tr.owners[u.GetUID()] = u
			}
			tr.objects[object.KeyOf(test.applied)].last = seen(test.applied)
			got := ""
			if w := tr.workload(&corev1.Pod{ObjectMeta: test.pod}); w != nil {
				got = w.id
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func some(objects ...*unstructured.Unstructured) []*unstructured.Unstructured { return objects }

// bare is an object with its name as its UID.
func bare(apiVersion, kind, name string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"namespace": "shop", "name": name, "uid": name},
	}}
}

// under gives an object an owner.
func under(u *unstructured.Unstructured, kind, uid string) *unstructured.Unstructured {
	_ = unstructured.SetNestedSlice(u.Object, []any{owner(kind, uid, uid)}, "metadata", "ownerReferences")
	return u
}

// set gives an object a field: its path, and its value last.
func set(u *unstructured.Unstructured, field ...string) *unstructured.Unstructured {
	last := len(field) - 1
	_ = unstructured.SetNestedField(u.Object, field[last], field[:last]...)
	return u
}

// seen is the object once its controller has taken note of it.
func seen(u *unstructured.Unstructured) *unstructured.Unstructured {
	_ = unstructured.SetNestedField(u.Object, u.GetGeneration(), "status", "observedGeneration")
	return u
}

func ownedBy(uid string) metav1.ObjectMeta {
	controller := true
	return metav1.ObjectMeta{Namespace: "shop", Name: "pod",
		OwnerReferences: []metav1.OwnerReference{{UID: types.UID(uid), Controller: &controller}}}
}

func labelled(meta metav1.ObjectMeta, key, value string) metav1.ObjectMeta {
	meta.Labels = map[string]string{key: value}
	return meta
}
