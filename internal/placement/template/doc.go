// Package template finds the pod templates in an object: where Kubernetes' own kinds have theirs, and for custom kinds
// wherever a list of containers is. It looks at values only.
package template

import (
	"cmp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// Template is what an object makes pods from.
type Template struct {
	corev1.PodTemplateSpec
	// Path leads to the map that has the fields of the pods' spec.
	Path Path
	// Fields are those of the pods' spec, with what they take over from elsewhere in the object.
	Fields map[string]any
	// Fixed says why no node can be selected in the template, as a clause; "" where one can.
	Fixed string
	// Alone: the object has no other template.
	Alone bool
	// Name distinguishes the template from the object's others: "spec.workerGroupSpecs[gpu]".
	Name string
}

// Key identifies a template of an object.
type Key struct {
	Object *unstructured.Unstructured
	Path   string
}

// KeyOf returns the key of an object's template.
func KeyOf(obj *unstructured.Unstructured, t Template) Key { return Key{obj, t.Path.String()} }

// Of returns the templates of an object, in the order of their fields' names: none for an object that makes no pods. A
// template that does not parse is left out: the API server will name the field at fault.
func Of(obj *unstructured.Unstructured) []Template {
	var all []Template
	for _, f := range find(obj) {
		t := Template{Path: f.path, Fields: f.fields, Fixed: f.fixed}
		raw := map[string]any{"spec": f.fields}
		if metadata, ok := f.parent["metadata"].(map[string]any); ok && f.path.last() == "spec" {
			raw["metadata"] = metadata
		}
		if runtime.DefaultUnstructuredConverter.FromUnstructured(raw, &t.PodTemplateSpec) == nil {
			all = append(all, t)
		}
	}
	for i := range all {
		all[i].Alone = len(all) == 1
		all[i].Name = all[i].Path.words(obj)
	}
	return all
}

// Single returns the template of an object that has no other.
func Single(obj *unstructured.Unstructured) (*corev1.PodTemplateSpec, bool) {
	all := Of(obj)
	if len(all) != 1 {
		return nil, false
	}
	return &all[0].PodTemplateSpec, true
}

// Specs returns the templates of an object as pods have them, in the order of Of.
func Specs(obj *unstructured.Unstructured) []*corev1.PodTemplateSpec {
	var all []*corev1.PodTemplateSpec
	for _, t := range Of(obj) {
		all = append(all, &t.PodTemplateSpec)
	}
	return all
}

// MakesPods reports whether an object has a template.
func MakesPods(obj *unstructured.Unstructured) bool { return len(Of(obj)) > 0 }

func find(obj *unstructured.Unstructured) []found {
	if IsCustom(obj) {
		return search(obj)
	}
	path := builtIn(obj.GroupVersionKind().GroupKind())
	parent, _ := path[:len(path)-1].in(obj.Object).(map[string]any)
	fields, _ := parent["spec"].(map[string]any)
	if _, isList := fields["containers"].([]any); !isList {
		return nil
	}
	return []found{{path: path, fields: fields, parent: parent}}
}

// IsCustom reports whether an object's group is not Kubernetes' own.
func IsCustom(obj *unstructured.Unstructured) bool {
	return IsCustomGroup(obj.GroupVersionKind().Group)
}

// IsCustomGroup reports whether an API group is not Kubernetes' own.
func IsCustomGroup(group string) bool {
	switch group {
	case "apiextensions.k8s.io", "apiregistration.k8s.io":
		return false
	}
	return strings.Contains(group, ".") && !scheme.Scheme.IsGroupRegistered(group)
}

// builtIn is where Kubernetes' own kinds have the spec of their pods.
func builtIn(kind schema.GroupKind) Path {
	switch kind {
	case schema.GroupKind{Kind: "Pod"}:
		return Path{"spec"}
	case schema.GroupKind{Kind: "PodTemplate"}:
		return Path{"template", "spec"}
	case schema.GroupKind{Group: "batch", Kind: "CronJob"}:
		return Path{"spec", "jobTemplate", "spec", "template", "spec"}
	}
	return Path{"spec", "template", "spec"}
}

// words names a path for people: elements of lists by their name, where they have one.
func (p Path) words(obj *unstructured.Unstructured) string {
	var text strings.Builder
	var at any = obj.Object
	for _, key := range p.short() {
		next := step(at, key)
		if _, isList := at.([]any); isList {
			fields, _ := next.(map[string]any)
			name, _ := fields["name"].(string)
			group, _ := fields["groupName"].(string)
			text.WriteString("[" + cmp.Or(name, group, key) + "]")
		} else {
			text.WriteString("." + key)
		}
		at = next
	}
	return strings.TrimPrefix(text.String(), ".")
}
