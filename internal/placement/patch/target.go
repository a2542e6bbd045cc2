package patch

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
)

// Target is what a patch in the kustomization calls a workload: kustomize finds it by the name and namespace of the
// resource's own file, before prefixes, suffixes and the kustomization's namespace change them. The zero Target is for
// a file that is not known: the patch then has the name of the rendered object, and fits any namespace.
type Target struct {
	Name string
	// Namespace is "" where the file has none.
	Namespace string
}

// Listed is a patch with a comment that shows how to list it with a target: for objects in a namespace, since without
// one kustomize takes a patch to be for the namespace that it names, and for a JSON patch, which names no object.
func (t Target) Listed(w pods.Workload, document string) string {
	if w.Object.GetNamespace() == "" && t.Namespace == "" && !w.Template.Path.ThroughList(w.Object.Object) {
		return document
	}
	return fmt.Sprintf("# kustomization.yaml: patches: [{path: THIS-FILE, target: {%s}}]\n%s", t.selector(w), document)
}

// document writes the patch: one that merges, strategically for Kubernetes' own kinds, or JSON patch (RFC 6902) for a
// template in a list, whose elements no merge can address. A merge works listed by itself where the file is known.
// fields are those of the pod's spec, patched.
func (t Target) document(w pods.Workload, added, fields map[string]any) string {
	var doc any = t.merge(w, added)
	if w.Template.Path.ThroughList(w.Object.Object) {
		doc = operations(w, added, fields)
	}
	text, err := yaml.Marshal(doc)
	if err != nil { // maps of strings and of what was parsed from JSON
		panic(fmt.Sprintf("patch: patch for %s: %v", w.Label(), err))
	}
	return string(text)
}

func (t Target) merge(w pods.Workload, added map[string]any) map[string]any {
	gvk := w.Object.GroupVersionKind()
	metadata := map[string]any{"name": cmp.Or(t.Name, w.Object.GetName())}
	if t.Namespace != "" {
		metadata["namespace"] = t.Namespace
	}
	doc := map[string]any{"apiVersion": gvk.GroupVersion().String(), "kind": gvk.Kind, "metadata": metadata}
	maps.Copy(child(doc, w.Template.Path...), added)
	return doc
}

// operations set each field as a whole.
func operations(w pods.Workload, added, fields map[string]any) []any {
	var all []any
	for _, key := range slices.Sorted(maps.Keys(added)) {
		operation := map[string]any{"op": "remove", "path": w.Template.Path.To(key).String()}
		if value, ok := fields[key]; ok {
			operation["op"], operation["value"] = "add", value
		}
		all = append(all, operation)
	}
	return all
}

func (t Target) selector(w pods.Workload) string {
	gvk := w.Object.GroupVersionKind()
	selector := fmt.Sprintf("kind: %s, name: %s", gvk.Kind, cmp.Or(t.Name, w.Object.GetName()))
	namespace := t.Namespace
	if w.Template.Path.ThroughList(w.Object.Object) { // nothing else says which Job it is, and whose
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
