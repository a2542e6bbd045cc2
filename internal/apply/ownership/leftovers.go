package ownership

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/value"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// Leftovers returns the fields of live that desired does not set and that exclude what it does set: those of another
// choice between alternatives, such as the rollingUpdate of a strategy that is to be Recreate, or the defaultMode of a
// volume that no longer is a ConfigMap. The API server filled them in, so no manager owns them, an apply leaves them,
// and the validation then refuses both at once. kubectl apply drops them too, by the patch strategy retainKeys of
// https://github.com/kubernetes/api, and by sending the object whole.
func Leftovers(live, desired *unstructured.Unstructured) []fieldpath.Path {
	var l leftovers
	for _, field := range []string{"strategy", "updateStrategy"} {
		was, now := mapAt(live.Object, "spec", field), mapAt(desired.Object, "spec", field)
		if now["type"] != nil && now["type"] != was["type"] {
			l.alternatives(fieldpath.MakePathOrDie("spec", field), was, now, "type", "rollingUpdate")
		}
	}
	for _, path := range [][]string{
		{"spec"}, {"spec", "template", "spec"}, {"spec", "jobTemplate", "spec", "template", "spec"},
	} {
		l.pod(named(path...), mapAt(live.Object, path...), mapAt(desired.Object, path...))
	}
	return l.paths
}

type leftovers struct{ paths []fieldpath.Path }

func (l *leftovers) pod(at fieldpath.Path, was, now map[string]any) {
	for path, pair := range sameNamed(at, was, now, "volumes") {
		l.alternatives(*path, pair[0], pair[1])
	}
	for _, list := range []string{"containers", "initContainers"} {
		for path, pair := range sameNamed(at, was, now, list) {
			l.container(*path, pair[0], pair[1])
		}
	}
}

func (l *leftovers) container(at fieldpath.Path, was, now map[string]any) {
	handlers := []string{"exec", "httpGet", "tcpSocket", "grpc", "sleep"}
	for _, path := range [][]string{
		{"livenessProbe"}, {"readinessProbe"}, {"startupProbe"}, {"lifecycle", "postStart"}, {"lifecycle", "preStop"},
	} {
		l.alternatives(join(at, named(path...)), mapAt(was, path...), mapAt(now, path...), handlers...)
	}
	for path, pair := range sameNamed(at, was, now, "env") {
		l.alternatives(*path, pair[0], pair[1], "value", "valueFrom")
		l.alternatives(join(*path, named("valueFrom")), mapAt(pair[0], "valueFrom"), mapAt(pair[1], "valueFrom"))
	}
}

// alternatives notes those fields of was that now lacks, where now has at least one of them. With no fields named, all
// but the name are alternatives.
func (l *leftovers) alternatives(at fieldpath.Path, was, now map[string]any, fields ...string) {
	isOne := func(name string) bool {
		return slices.Contains(fields, name) || len(fields) == 0 && name != "name"
	}
	chosen := false
	for name := range now {
		chosen = chosen || isOne(name)
	}
	for name, value := range was {
		if _, stays := now[name]; chosen && !stays && isOne(name) {
			l.all(join(at, named(name)), value)
		}
	}
}

// all notes a field and everything below it.
func (l *leftovers) all(at fieldpath.Path, value any) {
	l.paths = append(l.paths, at)
	if fields, ok := value.(map[string]any); ok {
		for name, below := range fields {
			l.all(join(at, named(name)), below)
		}
	}
}

// sameNamed returns the items of a list that are in both objects, by their paths.
func sameNamed(at fieldpath.Path, was, now map[string]any, list string) map[*fieldpath.Path][2]map[string]any {
	items, before := map[*fieldpath.Path][2]map[string]any{}, map[string]map[string]any{}
	for _, item := range object.Maps(was[list]) {
		name, _ := item["name"].(string)
		before[name] = item
	}
	for _, item := range object.Maps(now[list]) {
		name, _ := item["name"].(string)
		if old, both := before[name]; both {
			key := value.FieldList{{Name: "name", Value: value.NewValueInterface(name)}}
			path := join(at, append(named(list), fieldpath.PathElement{Key: &key}))
			items[&path] = [2]map[string]any{old, item}
		}
	}
	return items
}

func mapAt(from map[string]any, path ...string) map[string]any {
	found, _, _ := unstructured.NestedFieldNoCopy(from, path...)
	fields, _ := found.(map[string]any)
	return fields
}

func named(fields ...string) fieldpath.Path {
	var path fieldpath.Path
	for i := range fields {
		path = append(path, fieldpath.PathElement{FieldName: &fields[i]})
	}
	return path
}

func join(a, b fieldpath.Path) fieldpath.Path { return append(slices.Clone(a), b...) }
