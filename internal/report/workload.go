package report

import (
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

// Workload is an object that makes pods, and where they can run.
type Workload struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Template is the pod template that the row is about, such as "spec.workerGroupSpecs[gpu]"; "" where the object has
	// one alone.
	Template      string                     `json:"template,omitempty"`
	Images        []string                   `json:"images"`
	Architectures map[string]landing.Outcome `json:"architectures"`
	// WithoutNode are those of Architectures, in order, whose outcome rests on nodes that a pool can have and that are not
	// there yet.
	WithoutNode []string `json:"withoutNode"`
	// Fix is a YAML patch to paste into the kustomization's patches, or "".
	Fix string `json:"fix"`
	// Audit is what an audit says of it; nil in all other reports.
	Audit *audit.Row `json:"audit,omitempty"`
}

// Object names the object as people do: "Deployment shop/cart".
func (w Workload) Object() string {
	if w.Namespace == "" {
		return w.Kind + " " + w.Name
	}
	return w.Kind + " " + w.Namespace + "/" + w.Name
}

// Label names the workload as people do: the object and, where it has several, the template.
func (w Workload) Label() string {
	label := w.Object()
	if w.Template != "" {
		label += " (" + w.Template + ")"
	}
	return label
}

// Placement counts pods by workload and architecture: "Deployment shop/cart" -> "arm64" -> 2.
func (r *Report) Placement() map[string]map[string]int {
	counts := map[string]map[string]int{}
	for _, pod := range r.Pods {
		workload := workloadOf(pod)
		if counts[workload] == nil {
			counts[workload] = map[string]int{}
		}
		if pod.Architecture != "" {
			counts[workload][pod.Architecture]++
		}
	}
	return counts
}

// workloadOf names a pod's workload as people do: without the API version that object.ID puts first.
func workloadOf(pod rollout.Pod) string {
	return LabelOf(pod.Workload)
}

// LabelOf makes "Deployment shop/cart" of "apps/v1 Deployment shop/cart", an object.ID.
func LabelOf(id string) string {
	_, label, _ := strings.Cut(id, " ")
	return label
}

// workloadNamed is the workload of a name as workloadOf makes it.
func workloadNamed(label string) Workload {
	kind, name, _ := strings.Cut(label, " ")
	namespace, own, namespaced := strings.Cut(name, "/")
	if !namespaced {
		return Workload{Kind: kind, Name: name}
	}
	return Workload{Kind: kind, Namespace: namespace, Name: own}
}
