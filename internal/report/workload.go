package report

import (
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

// Workload is an object that makes pods, and where they can run.
type Workload struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Template is the pod template that the row is about, such as "spec.workerGroupSpecs[gpu]"; "" where the object has
	// one alone.
	Template      string                       `json:"template,omitempty"`
	Images        []string                     `json:"images"`
	Architectures map[string]placement.Outcome `json:"architectures"`
	// WithoutNode are those of Architectures, in order, whose outcome rests on nodes that a pool can have and that are not
	// there yet.
	WithoutNode []string `json:"withoutNode"`
	// Fix is a YAML patch to paste into the kustomization's patches, or "".
	Fix string `json:"fix"`
	// Audit is what an audit says of it; nil in all other reports.
	Audit *audit.Row `json:"audit,omitempty"`
}

// Label names the workload as people do.
func (w Workload) Label() string {
	label := w.Kind + " " + w.Namespace + "/" + w.Name
	if w.Namespace == "" {
		label = w.Kind + " " + w.Name
	}
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
	return withoutVersion(pod.Workload)
}

// withoutVersion makes "Deployment shop/cart" of "apps/v1 Deployment shop/cart", an object.ID.
func withoutVersion(id string) string {
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
