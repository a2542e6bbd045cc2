package pods

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Adder names who has added a label to what the workload selects: its RuntimeClass, its namespace, or something else
// that the server asks. It is "" for a label that the manifest has.
func (w Workload) Adder(label string, namespaces []corev1.Namespace) string {
	if w.Written == nil {
		return ""
	}
	value, selected := w.Spec.NodeSelector[label]
	if own, ok := w.Written.NodeSelector[label]; !selected || ok && own == value {
		return ""
	}
	for _, n := range namespaces {
		if n.Name == w.Object.GetNamespace() && strings.Contains(n.Annotations[namespaceSelector], label+"=") {
			return "its namespace " + n.Name
		}
	}
	if class := w.Spec.RuntimeClassName; class != nil {
		return "its RuntimeClass " + *class
	}
	return "the admission of its pods"
}

// namespaceSelector is the annotation with which a namespace selects the nodes of its pods
// (https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#podnodeselector).
const namespaceSelector = "scheduler.alpha.kubernetes.io/node-selector"
