package agreement

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// neighbouring are the labels of the pods that run all the time, to which workloads relate.
var neighbouring = map[string]string{"app": "neighbour"}

// neighbours has some pods run on some nodes, and take room there.
func (w *world) neighbours(t *testing.T, d dice, nodes []corev1.Node) {
	t.Helper()
	w.running = nil
	for i := range d.IntN(4) {
		size := corev1.ResourceList{corev1.ResourceCPU: *resource.NewMilliQuantity(100*(1+d.Int64N(9)), resource.DecimalSI)}
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("neighbour-", i), Namespace: beside, Labels: neighbouring},
			Spec: corev1.PodSpec{NodeName: pick(d, nodes...).Name, TerminationGracePeriodSeconds: new(int64),
				Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
				Containers: []corev1.Container{{Name: "c", Image: unreachable + "none",
					Resources: corev1.ResourceRequirements{Requests: size}}}},
		}
		if room(w.running, pod, nodes) {
			made, err := w.client.CoreV1().Pods(beside).Create(t.Context(), pod, metav1.CreateOptions{})
			must(t, err)
			w.running = append(w.running, *made)
		}
	}
}

// room: the node has it, so that its kubelet keeps the pod.
func room(running []corev1.Pod, pod *corev1.Pod, nodes []corev1.Node) bool {
	left := resource.Quantity{}
	for _, n := range nodes {
		if n.Name == pod.Spec.NodeName {
			left = n.Status.Allocatable[corev1.ResourceCPU].DeepCopy()
		}
	}
	for _, p := range append(running, *pod) {
		if p.Spec.NodeName == pod.Spec.NodeName {
			left.Sub(p.Spec.Containers[0].Resources.Requests[corev1.ResourceCPU])
		}
	}
	return left.Sign() >= 0
}

// scale gives some workloads an autoscaler. Without metrics it only keeps to its bounds.
func (d dice) scale(s *subject) {
	kind := s.object.GetKind()
	if kind != "Deployment" && kind != "ReplicaSet" && kind != "StatefulSet" || s.quota != nil || !d.once(10) {
		return
	}
	if d.once(2) {
		unstructured.RemoveNestedField(s.object.Object, "spec", "replicas")
	}
	least := int64(1 + d.IntN(4))
	s.scaler = &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
		"metadata": map[string]any{"name": s.object.GetName(), "namespace": s.object.GetNamespace()},
		"spec": map[string]any{"minReplicas": least, "maxReplicas": least + int64(d.IntN(3)),
			"scaleTargetRef": map[string]any{"apiVersion": "apps/v1", "kind": kind, "name": s.object.GetName()}},
	}}
}

// scaled: the autoscaler has seen the workload, and found it within its bounds.
func (w *world) scaled(ctx context.Context, scaler *unstructured.Unstructured, replicas int64) bool {
	now, err := w.resource(scaler).Get(ctx, scaler.GetName(), metav1.GetOptions{})
	if err != nil {
		return false
	}
	least, _, _ := unstructured.NestedInt64(now.Object, "spec", "minReplicas")
	most, _, _ := unstructured.NestedInt64(now.Object, "spec", "maxReplicas")
	conditions, _, _ := unstructured.NestedSlice(now.Object, "status", "conditions")
	return len(conditions) > 0 && replicas >= least && replicas <= most
}

// makeKind makes a kind of which nobody knows how its pods are made.
func (w *world) makeKind(t *testing.T) {
	t.Helper()
	crd := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": "widgets.example.com"},
		"spec": map[string]any{"group": "example.com", "scope": "Namespaced",
			"names": map[string]any{"kind": "Widget", "plural": "widgets"},
			"versions": []any{map[string]any{"name": "v1", "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object",
					"x-kubernetes-preserve-unknown-fields": true}}}}},
	}}
	_, err := w.resource(crd).Create(t.Context(), crd, metav1.CreateOptions{})
	must(t, err)
	widgets := schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "widgets"}
	wait(t, "the kind is served", func(ctx context.Context) bool {
		_, err := w.objects.Resource(widgets).List(ctx, metav1.ListOptions{})
		return err == nil
	})
}
