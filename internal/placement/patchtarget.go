package placement

import (
	"cmp"
	"fmt"

	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
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

// document writes the patch, which works listed by itself where the file is known. The comment shows how to list it
// with a target, for objects in a namespace: without one, kustomize takes a patch to be for the namespace that it
// names.
func (t PatchTarget) document(w workload, added map[string]any) string {
	gvk := w.object.GroupVersionKind()
	metadata := map[string]any{"name": cmp.Or(t.Name, w.object.GetName())}
	if t.Namespace != "" {
		metadata["namespace"] = t.Namespace
	}
	doc := map[string]any{"apiVersion": gvk.GroupVersion().String(), "kind": gvk.Kind, "metadata": metadata}
	template := doc
	for _, key := range w.path {
		template = child(template, key)
	}
	template["spec"] = added
	text, err := yaml.Marshal(doc)
	if err != nil { // maps of strings and of what was parsed from JSON
		panic(fmt.Sprintf("placement: patch for %s: %v", object.Name(gvk.Kind, w.object), err))
	}
	if w.object.GetNamespace() == "" && t.Namespace == "" {
		return string(text)
	}
	return fmt.Sprintf("# kustomization.yaml: patches: [{path: THIS-FILE, target: {%s}}]\n%s", t.selector(w), text)
}

func (t PatchTarget) selector(w workload) string {
	selector := fmt.Sprintf("kind: %s, name: %s", w.object.GetKind(), cmp.Or(t.Name, w.object.GetName()))
	if t.Namespace != "" {
		selector += ", namespace: " + t.Namespace
	}
	return selector
}
