package placement

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// patch returns the workload with the repair made, and the same change as a patch that kustomize accepts.
func (r repair) patch(w workload, target PatchTarget) (workload, string) {
	return patchWith(w, target, r.amend)
}

// patchWith is patch for any change of a pod spec, which returns the part that a patch must hold.
func patchWith(w workload, target PatchTarget, amend func(spec map[string]any) map[string]any) (workload, string) {
	patched := w.object.DeepCopy()
	fields := child(patched.Object, w.template.Path...)
	taken := map[string]any{}
	for _, key := range []string{"nodeSelector", "affinity", "tolerations"} {
		if value, ok := w.template.Fields[key]; ok && fields[key] == nil { // from elsewhere, which the patch would hide
			fields[key] = runtime.DeepCopyJSONValue(value)
			taken[key] = fields[key]
		}
	}
	added := amend(fields)
	for key := range added {
		if taken[key] != nil {
			added[key] = fields[key]
		}
	}
	return w.after(patched).amendedBy(amend, w), target.document(w, added, fields)
}

// after is the workload in a patched object, with what the server has added to it before.
func (w workload) after(patched *unstructured.Unstructured) workload {
	after := w.in(patched)
	if w.written != nil {
		after = after.admittedAs(&corev1.Pod{ObjectMeta: w.metadata, Spec: w.spec})
	}
	return after
}

// amendedBy makes the change in what the server has added as well.
func (w workload) amendedBy(amend func(map[string]any) map[string]any, before workload) workload {
	if before.written == nil {
		return w
	}
	w.spec = amended(before.spec, amend)
	return w
}

// amended is the change of a pod that the server has made: what it added is there afterwards as well.
func amended(spec corev1.PodSpec, amend func(map[string]any) map[string]any) corev1.PodSpec {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&spec)
	if err != nil { // a pod spec is made of what JSON has
		panic("placement: a pod spec does not convert: " + err.Error())
	}
	amend(fields)
	after := corev1.PodSpec{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &after); err != nil {
		panic("placement: a repaired pod spec does not convert: " + err.Error())
	}
	return after
}

// contradicted names what the server has added to the pod that selects nodes by a label of which the repair needs
// another value: the server would refuse the pods then. It is "" where there is no such thing.
func (p planner) contradicted(r repair, w workload) string {
	selects := map[string]string{}
	if r.os != "" {
		selects[corev1.LabelOSStable] = r.os
	}
	if len(r.architectures) == 1 {
		selects[corev1.LabelArchStable] = r.architectures[0]
	}
	for _, label := range slices.Sorted(maps.Keys(selects)) {
		added, ok := w.spec.NodeSelector[label]
		if who := p.adder(w, label); ok && who != "" && added != selects[label] {
			return fmt.Sprintf("%s selects %s=%s, and it needs %s=%s", who, label, added, label, selects[label])
		}
	}
	return ""
}

// adder names who has added a label to what a workload selects: its RuntimeClass, its namespace, or something else that
// the server asks. It is "" for a label that the manifest has.
func (p planner) adder(w workload, label string) string {
	if w.written == nil {
		return ""
	}
	value, selected := w.spec.NodeSelector[label]
	if own, ok := w.written.NodeSelector[label]; !selected || ok && own == value {
		return ""
	}
	for _, n := range p.Cluster.Namespaces {
		if n.Name == w.object.GetNamespace() && strings.Contains(n.Annotations[namespaceSelector], label+"=") {
			return "its namespace " + n.Name
		}
	}
	if class := w.spec.RuntimeClassName; class != nil {
		return "its RuntimeClass " + *class
	}
	return "the admission of its pods"
}

// namespaceSelector is the annotation with which a namespace selects the nodes of its pods
// (https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#podnodeselector).
const namespaceSelector = "scheduler.alpha.kubernetes.io/node-selector"

// amend changes a pod spec and returns the part of it that a patch must hold.
func (r repair) amend(spec map[string]any) map[string]any {
	added := map[string]any{}
	if r.os != "" {
		selectNodes(spec, added, corev1.LabelOSStable, r.os)
	}
	switch len(r.architectures) {
	case 0:
	case 1:
		selectNodes(spec, added, corev1.LabelArchStable, r.architectures[0])
	default:
		requireArchitectures(spec, added, r.architectures)
	}
	if len(r.taints) > 0 {
		tolerate(spec, added, r.taints)
	}
	return added
}

func selectNodes(spec, added map[string]any, label, value string) {
	child(spec, "nodeSelector")[label] = value
	child(added, "nodeSelector")[label] = value
}

// requireArchitectures goes into every term: a node needs to meet one of them only, so a term more would widen what the
// user wrote, and an empty term, which matches no node, must stay empty. Lists of terms are replaced by a patch, not
// merged, so it holds them all.
func requireArchitectures(spec, added map[string]any, architectures []string) {
	values := make([]any, len(architectures))
	for i, arch := range architectures {
		values[i] = arch
	}
	requirement := map[string]any{"key": corev1.LabelArchStable, "operator": string(corev1.NodeSelectorOpIn),
		"values": values}
	required := child(child(child(spec, "affinity"), "nodeAffinity"), "requiredDuringSchedulingIgnoredDuringExecution")
	terms, _ := required["nodeSelectorTerms"].([]any)
	if len(terms) == 0 {
		terms = []any{map[string]any{"matchExpressions": []any{requirement}}}
	} else {
		addToEach(terms, requirement)
	}
	required["nodeSelectorTerms"] = terms
	child(added, "affinity")["nodeAffinity"] = map[string]any{"requiredDuringSchedulingIgnoredDuringExecution": required}
}

func addToEach(terms []any, requirement map[string]any) {
	for _, t := range terms {
		term, _ := t.(map[string]any)
		expressions, _ := term["matchExpressions"].([]any)
		fields, _ := term["matchFields"].([]any)
		if len(expressions)+len(fields) > 0 {
			term["matchExpressions"] = append(expressions, runtime.DeepCopyJSON(requirement)) // terms must not share a map
		}
	}
}

// tolerate adds exactly what the taints ask for, and to the patch the tolerations that were there: a patch replaces
// this list too. Of tolerations that match a taint the first decides how long, so those without a limit go before.
func tolerate(spec, added map[string]any, taints []corev1.Taint) {
	before, _ := spec["tolerations"].([]any)
	var tolerations []any
	for _, t := range taints {
		toleration := map[string]any{"key": t.Key, "operator": string(corev1.TolerationOpEqual), "effect": string(t.Effect)}
		if t.Value != "" {
			toleration["value"] = t.Value
		}
		tolerations = append(tolerations, toleration)
	}
	if limited(before, taints) {
		tolerations = append(tolerations, before...)
	} else {
		tolerations = append(slices.Clone(before), tolerations...)
	}
	spec["tolerations"], added["tolerations"] = tolerations, tolerations
}

// limited reports whether one of the tolerations could hold for one of the taints, and ends.
func limited(tolerations []any, taints []corev1.Taint) bool {
	return slices.ContainsFunc(tolerations, func(toleration any) bool {
		fields, _ := toleration.(map[string]any)
		return fields["tolerationSeconds"] != nil && slices.ContainsFunc(taints, func(t corev1.Taint) bool {
			return fields["key"] == nil || fields["key"] == "" || fields["key"] == t.Key
		})
	})
}

// child returns the map under keys, made where it is missing or null. Elements of lists are there.
func child(m map[string]any, keys ...string) map[string]any {
	for n, key := range keys {
		if list, ok := m[key].([]any); ok {
			i, _ := strconv.Atoi(keys[n+1])
			element, _ := list[i].(map[string]any)
			return child(element, keys[n+2:]...)
		}
		c, ok := m[key].(map[string]any)
		if !ok {
			c = map[string]any{}
			m[key] = c
		}
		m = c
	}
	return m
}
