package snapshot

import (
	"reflect"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
)

// Admitted are the pods of the workloads that an apply would not change, as the API server has made them already. It
// need not be asked about these.
func Admitted(reading *apply.Reading, manifests []*unstructured.Unstructured,
	pods []corev1.Pod) map[*unstructured.Unstructured]*corev1.Pod {
	byNamespace := map[string][]*corev1.Pod{}
	for i := range pods {
		byNamespace[pods[i].Namespace] = append(byNamespace[pods[i].Namespace], &pods[i])
	}
	known := map[*unstructured.Unstructured]*corev1.Pod{}
	for _, manifest := range manifests {
		live, unchanged := reading.Unchanged(manifest)
		if !unchanged {
			continue
		}
		if pod := admittedPod(live, byNamespace[live.GetNamespace()]); pod != nil {
			known[manifest] = pod
		}
	}
	return known
}

// admittedPod is a pod of the workload's present template, without where it happens to run. Of a workload without
// replicas it is the template's own. There is none for kinds whose pods differ from one another.
func admittedPod(live *unstructured.Unstructured, pods []*corev1.Pod) *corev1.Pod {
	switch live.GetKind() {
	case "Deployment", "StatefulSet", "ReplicaSet":
	default:
		return nil
	}
	of, ok := template.Single(live)
	if !ok {
		return nil
	}
	if replicas, found, _ := unstructured.NestedInt64(live.Object, "spec", "replicas"); found && replicas == 0 {
		pod := &corev1.Pod{ObjectMeta: of.ObjectMeta, Spec: of.Spec}
		pod.Namespace = live.GetNamespace()
		return pod
	}
	for _, pod := range pods {
		if isOf(pod, of) {
			pod = pod.DeepCopy()
			pod.Spec.NodeName = ""
			return pod
		}
	}
	return nil
}

// isOf reports whether a pod has all that a template asks for, which admission only adds to.
func isOf(pod *corev1.Pod, of *corev1.PodTemplateSpec) bool {
	if pod.DeletionTimestamp != nil || metav1.GetControllerOf(pod) == nil {
		return false
	}
	for key, value := range of.Labels {
		if pod.Labels[key] != value {
			return false
		}
	}
	has, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&pod.Spec)
	if err != nil {
		return false
	}
	wants, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&of.Spec)
	return err == nil && contains(has, wants)
}

// contains reports whether a value has everything of another: each field, and the items of a list in their places.
func contains(has, wants any) bool {
	switch wants := wants.(type) {
	case map[string]any:
		has, isMap := has.(map[string]any)
		for key, value := range wants {
			if there, ok := has[key]; !isMap || !ok || !contains(there, value) {
				return false
			}
		}
		return true
	case []any:
		has, isList := has.([]any)
		if !isList || len(has) < len(wants) {
			return false
		}
		for i := range wants {
			if !contains(has[i], wants[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(has, wants)
}
