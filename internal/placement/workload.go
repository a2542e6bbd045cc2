package placement

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// PodTemplate returns the template of the pods that obj makes, and the path that leads to it.
func PodTemplate(obj *unstructured.Unstructured) (template *corev1.PodTemplateSpec, path []string, ok bool) {
	return nil, nil, false
}

// References returns the image references of all workloads, each once, in order of appearance.
func References(objects []*unstructured.Unstructured) []string {
	return nil
}
