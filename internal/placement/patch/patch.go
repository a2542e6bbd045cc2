// Package patch changes what a pod template asks of nodes, and writes the same change as a patch for kustomize: to keep
// pods on some nodes, or to let them onto others.
package patch

import (
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
)

// with returns the workload with a change of its pod spec made, and the same change as a patch that kustomize accepts.
// amend changes the spec, and returns the part of it that a patch must hold.
func with(w pods.Workload, target Target, amend func(spec map[string]any) map[string]any) (pods.Workload, string) {
	patched := w.Object.DeepCopy()
	fields := child(patched.Object, w.Template.Path...)
	taken := map[string]any{}
	for _, key := range []string{"nodeSelector", "affinity", "tolerations"} {
		if value, ok := w.Template.Fields[key]; ok && fields[key] == nil { // from elsewhere, which the patch would hide
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
	return amendedBy(amend, w, w.After(patched)), target.document(w, added, fields)
}

// amendedBy makes the change in what the server has added as well.
func amendedBy(amend func(map[string]any) map[string]any, before, after pods.Workload) pods.Workload {
	if before.Written != nil {
		after.Spec = amended(before.Spec, amend)
	}
	return after
}

// amended is the change of a pod that the server has made: what it added is there afterwards as well.
func amended(spec corev1.PodSpec, amend func(map[string]any) map[string]any) corev1.PodSpec {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&spec)
	if err != nil { // a pod spec is made of what JSON has
		panic("patch: a pod spec does not convert: " + err.Error())
	}
	amend(fields)
	after := corev1.PodSpec{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &after); err != nil {
		panic("patch: a repaired pod spec does not convert: " + err.Error())
	}
	return after
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
