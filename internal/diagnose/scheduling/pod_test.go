package scheduling

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// cart is a pod without a node.
func cart() *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "cart", Namespace: "shop"},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "registry/cart:1"}}}}
}

func nodeOf(name, architecture string, taints ...corev1.Taint) corev1.Node {
	return corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelArchStable: architecture}},
		Spec:       corev1.NodeSpec{Taints: taints},
	}
}

// said is what a reader gets of a diagnosis, and what it waits for.
type said struct {
	Code         finding.Code
	Message, Fix string
	Grace        time.Duration
	Missing      string
}

func tell(d finding.Diagnosis) said {
	if d.Finding == nil {
		return said{}
	}
	s := said{Code: d.Finding.Code, Message: d.Finding.Message, Fix: d.Finding.Fix, Grace: d.Grace}
	if d.Missing.Name != "" {
		s.Missing = d.Missing.Kind + " " + d.Missing.Namespace + "/" + d.Missing.Name
	}
	return s
}

func TestPod_that_no_scheduler_looks_for(t *testing.T) {
	condition := func(reason, message string) []corev1.PodCondition {
		return []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: reason,
			Message: message}}
	}
	const waits = "Pod shop/cart waits for a node: "
	tests := []struct {
		name       string
		conditions []corev1.PodCondition
		scheduler  string
		want       said
	}{
		{"gated", condition("SchedulingGated", "Scheduling is blocked"), "",
			said{Code: finding.NotScheduled, Message: waits + "scheduling gates (example.com/quota) keep it from being " +
				"scheduled.", Fix: "Wait for the controller that removes them, or remove spec.schedulingGates."}},
		{"error", condition("SchedulerError", "running PreBind plugin: timed out"), "",
			said{Code: finding.NotScheduled, Message: waits + "the scheduler failed: running PreBind plugin: timed out.",
				Fix: "See the events of the pod, and what the message names."}},
		{"foreign", nil, "volcano", said{Code: finding.NotScheduled, Message: waits +
			`scheduler "volcano", which it names, has not taken it.`,
			Fix: "Check that this scheduler runs, or drop spec.schedulerName."}},
		{"new", nil, "default-scheduler", said{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			pod := cart()
			pod.Spec.SchedulerName = test.scheduler
			pod.Spec.SchedulingGates = []corev1.PodSchedulingGate{{Name: "example.com/quota"}}
			pod.Status = corev1.PodStatus{Conditions: test.conditions}
			if diff := cmp.Diff(test.want, tell(Pod(t.Context(), pod, Evidence{}))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPod_that_waits_for_a_claim(t *testing.T) {
	const waits = "Pod shop/cart waits for a node: "
	const unbound = "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims."
	tests := []struct {
		name, message, class string
		classExists          bool
		want                 said
	}{
		{
			"that_is_not_there", `0/2 nodes are available: persistentvolumeclaim "data" not found.`, "", false,
			said{finding.MissingReference, waits + "claim data, which its volume store uses, does not exist.",
				"Add PersistentVolumeClaim data to the manifests, or correct the volume's claimName.", finding.MissingGrace,
				"PersistentVolumeClaim shop/data"},
		},
		{
			"of_a_class_that_is_not_there", unbound, "fast", false,
			said{finding.VolumeNotReady, waits + "claim data, which its volume store uses, has no volume, and the cluster has " +
				"no storage class fast.", "Set storageClassName to a class of the cluster: kubectl get storageclass",
				finding.MissingGrace,
				"StorageClass /fast"},
		},
		{
			"of_a_class_that_makes_no_volume", unbound, "fast", true,
			said{finding.VolumeNotReady, waits + "claim data, which its volume store uses, has no volume of its storage class " +
				"fast yet.", "See why: kubectl describe pvc -n shop data", 0, ""},
		},
		{
			"without_a_class", unbound, "", false,
			said{finding.VolumeNotReady, waits + "claim data, which its volume store uses, has no volume, and names no " +
				"storage class.", "Set storageClassName to a class of the cluster (kubectl get storageclass), or add a " +
				"PersistentVolume that fits.", 0, ""},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			pod := cart()
			claim := &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data"}
			pod.Spec.Volumes = []corev1.Volume{{Name: "store",
				VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: claim}}}
			pod.Status = corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodScheduled,
				Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: test.message}}}
			ev := Evidence{Lookup: func(_ context.Context, r schema.GroupVersionResource, _,
				name string) (*unstructured.Unstructured, error) {
				if r == storage && !test.classExists {
					return nil, apierrors.NewNotFound(r.GroupResource(), name)
				}
				u := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"storageClassName": test.class}}}
				u.SetName(name)
				return u, nil
			}}
			if diff := cmp.Diff(test.want, tell(Pod(t.Context(), pod, ev))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPod_says_what_no_node_is_big_enough_for(t *testing.T) {
	pod := cart()
	pod.Spec.Containers[0].Resources.Requests = corev1.ResourceList{"cpu": resource.MustParse("4"),
		"memory": resource.MustParse("1Gi")}
	pod.Status = corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodScheduled,
		Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/1 nodes are available: 1 Insufficient cpu."}}}
	n := nodeOf("a", "amd64")
	n.Status.Allocatable = corev1.ResourceList{"cpu": resource.MustParse("2"), "memory": resource.MustParse("8Gi")}
	want := "Pod shop/cart waits for a node: the nodes that it could use have no room: 0/1 nodes are available: 1 " +
		"Insufficient cpu. It requests cpu 4, where the largest of them, a, has 2."
	if diff := cmp.Diff(want, Pod(t.Context(), pod, Evidence{Nodes: []corev1.Node{n}}).Finding.Message); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
