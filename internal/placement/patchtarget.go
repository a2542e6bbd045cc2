package placement

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// PatchTarget is what a patch in the kustomization calls a workload: kustomize finds it by the name and namespace of
// the resource's own file, before prefixes, suffixes and the kustomization's namespace change them. The zero
// PatchTarget is for a file that is not known: the patch then has the name of the rendered object, and fits any
// namespace.
type PatchTarget struct {
	Name string
	// Namespace is "" where the file has none.
	Namespace string
}

// listed is a patch with a comment that shows how to list it with a target: for objects in a namespace, since without
// one kustomize takes a patch to be for the namespace that it names, and for a JSON patch, which names no object.
func (t PatchTarget) listed(w workload, document string) string {
	if w.object.GetNamespace() == "" && t.Namespace == "" && !w.template.Path.ThroughList(w.object.Object) {
		return document
	}
	return fmt.Sprintf("# kustomization.yaml: patches: [{path: THIS-FILE, target: {%s}}]\n%s", t.selector(w), document)
}

// document writes the patch: one that merges, strategically for Kubernetes' own kinds, or JSON patch (RFC 6902) for a
// template in a list, whose elements no merge can address. A merge works listed by itself where the file is known.
// fields are those of the pod's spec, patched.
func (t PatchTarget) document(w workload, added, fields map[string]any) string {
	var doc any = t.merge(w, added)
	if w.template.Path.ThroughList(w.object.Object) {
		doc = operations(w, added, fields)
	}
	text, err := yaml.Marshal(doc)
	if err != nil { // maps of strings and of what was parsed from JSON
		panic(fmt.Sprintf("placement: patch for %s: %v", w.label(), err))
	}
	return string(text)
}

func (t PatchTarget) merge(w workload, added map[string]any) map[string]any {
	gvk := w.object.GroupVersionKind()
	metadata := map[string]any{"name": cmp.Or(t.Name, w.object.GetName())}
	if t.Namespace != "" {
		metadata["namespace"] = t.Namespace
	}
	doc := map[string]any{"apiVersion": gvk.GroupVersion().String(), "kind": gvk.Kind, "metadata": metadata}
	maps.Copy(child(doc, w.template.Path...), added)
	return doc
}

// operations set each field as a whole.
func operations(w workload, added, fields map[string]any) []any {
	var all []any
	for _, key := range slices.Sorted(maps.Keys(added)) {
		operation := map[string]any{"op": "remove", "path": w.template.Path.To(key).String()}
		if value, ok := fields[key]; ok {
			operation["op"], operation["value"] = "add", value
		}
		all = append(all, operation)
	}
	return all
}

func (t PatchTarget) selector(w workload) string {
	gvk := w.object.GroupVersionKind()
	selector := fmt.Sprintf("kind: %s, name: %s", gvk.Kind, cmp.Or(t.Name, w.object.GetName()))
	namespace := t.Namespace
	if w.template.Path.ThroughList(w.object.Object) { // nothing else says which Job it is, and whose
		selector = fmt.Sprintf("group: %s, %s", gvk.Group, selector)
		if t.Name != "" {
			namespace = cmp.Or(namespace, metav1.NamespaceDefault) // which kustomize takes a file without one to be in
		}
	}
	if namespace != "" {
		selector += ", namespace: " + namespace
	}
	return selector
}
