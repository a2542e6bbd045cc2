package placement

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// patch returns the workload with the repair made, and the same change as a patch that kustomize accepts:
// strategic merge, and plain merge for custom kinds.
func (r repair) patch(w workload, target PatchTarget) (workload, string) {
	return patchWith(w, target, r.amend)
}

// patchWith is patch for any change of a pod spec, which returns the part that a patch must hold.
func patchWith(w workload, target PatchTarget, amend func(spec map[string]any) map[string]any) (workload, string) {
	patched := w.object.DeepCopy()
	template := patched.Object
	for _, key := range w.path {
		template = child(template, key)
	}
	added := amend(child(template, "spec"))
	after, _ := workloadOf(patched) // it parsed before, and a repair adds nothing that would not
	if w.written != nil {
		after = after.admittedAs(&corev1.Pod{ObjectMeta: w.metadata, Spec: amended(w.spec, amend)})
	}
	return after, target.document(w, added)
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

// contradicts reports whether the repair selects nodes by a label of which the server has added another value: it would
// refuse the pods then.
func (r repair) contradicts(w workload) bool {
	if w.written == nil {
		return false
	}
	selects := map[string]string{}
	if r.os != "" {
		selects[corev1.LabelOSStable] = r.os
	}
	if len(r.architectures) == 1 {
		selects[corev1.LabelArchStable] = r.architectures[0]
	}
	for label, value := range selects {
		added, ok := w.spec.NodeSelector[label]
		if _, own := w.written.NodeSelector[label]; ok && !own && added != value {
			return true
		}
	}
	return false
}

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

// child returns the map under key, made where it is missing or null.
func child(m map[string]any, key string) map[string]any {
	c, ok := m[key].(map[string]any)
	if !ok {
		c = map[string]any{}
		m[key] = c
	}
	return c
}
