package patch

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
)

// Opening is what would let a workload onto the nodes of a class.
type Opening struct {
	Taints []corev1.Taint
	// Selectors are the keys of the nodeSelector to drop.
	Selectors []string
	// Terms: the required node affinity is to be widened.
	Terms bool
	Node  *corev1.Node
}

// Make returns the workload with the nodes opened to it, and the same change as a patch that kustomize accepts.
func (o Opening) Make(w pods.Workload, target Target) (pods.Workload, string) {
	return with(w, target, o.amend)
}

// AddedByServer reports whether what is to be dropped is not in the manifest, so that no patch of it helps.
func (o Opening) AddedByServer(w pods.Workload) bool {
	if w.Written == nil {
		return false
	}
	for _, key := range o.Selectors {
		if _, own := w.Written.NodeSelector[key]; !own {
			return true
		}
	}
	return o.Terms && len(pods.RequiredTerms(*w.Written)) == 0
}

// amend changes a pod spec and returns the part of it that a patch must hold. A null in a patch removes what is there.
func (o Opening) amend(spec map[string]any) map[string]any {
	added := Repair{Taints: o.Taints}.amend(spec)
	for _, key := range o.Selectors {
		delete(child(spec, "nodeSelector"), key)
		child(added, "nodeSelector")[key] = nil
	}
	if o.Terms {
		o.widen(spec, added)
	}
	return added
}

// widen drops from each term of the required node affinity what the node does not meet. Of the architectures that an
// expression names it keeps all, and adds the node's.
func (o Opening) widen(spec, added map[string]any) {
	affinity := child(child(spec, "affinity"), "nodeAffinity")
	required := child(affinity, "requiredDuringSchedulingIgnoredDuringExecution")
	terms, _ := required["nodeSelectorTerms"].([]any)
	var kept []any
	for _, t := range terms {
		term, _ := t.(map[string]any)
		expressions, _ := term["matchExpressions"].([]any)
		term["matchExpressions"] = o.met(expressions)
		if len(o.met(expressions)) > 0 || term["matchFields"] != nil {
			kept = append(kept, term)
		}
	}
	patch := child(child(added, "affinity"), "nodeAffinity")
	if len(kept) < len(terms) || len(kept) == 0 { // a term that asks for nothing more admits every node
		delete(affinity, "requiredDuringSchedulingIgnoredDuringExecution")
		patch["requiredDuringSchedulingIgnoredDuringExecution"] = nil
		return
	}
	required["nodeSelectorTerms"] = kept
	patch["requiredDuringSchedulingIgnoredDuringExecution"] = required
}

// met are the expressions that the node meets, those about its architecture widened to it.
func (o Opening) met(expressions []any) []any {
	var kept []any
	for _, e := range expressions {
		fields, _ := e.(map[string]any)
		key, _ := fields["key"].(string)
		values, _ := fields["values"].([]any)
		value, labelled := o.Node.Labels[key]
		in := slices.Contains(values, any(value)) && labelled
		switch {
		case fields["operator"] == "In" && in, fields["operator"] == "NotIn" && !in,
			fields["operator"] == "Exists" && labelled, fields["operator"] == "DoesNotExist" && !labelled,
			fields["operator"] == "Gt", fields["operator"] == "Lt":
			kept = append(kept, e)
		case key == corev1.LabelArchStable && fields["operator"] == "In":
			wider := maps.Clone(fields)
			wider["values"] = append(slices.Clone(values), any(value))
			kept = append(kept, wider)
		}
	}
	return kept
}
