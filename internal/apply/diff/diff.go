// Package diff compares two states of an object, and shows the difference without the values of a Secret.
package diff

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// lastApplied is where client-side kubectl apply keeps a copy of the whole manifest, Secret data included.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// Unified is the unified diff of two states of an object as YAML, "" if nothing differs; nil is an object that isn't
// there. What the server and the controllers write (status, managedFields, resourceVersion and the like) is left out.
// The values in a Secret are never shown, only that they differ.
func Unified(before, after *unstructured.Unstructured) string {
	old, updated := shown(before), shown(after)
	mask(old, updated)
	a, b := lines(old), lines(updated)
	if len(a)+len(b) > tooLong && old != nil && updated != nil {
		return fmt.Sprintf("--- %s\n+++ %s\n(too long to compare line by line; what differs: %s)\n",
			label("live", before), label("applied", after), strings.Join(changed(old.Object, updated.Object, "", nil), ", "))
	}
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: a, B: b, FromFile: label("live", before), ToFile: label("applied", after), Context: 3,
	})
	if err != nil {
		panic(err) // it writes to memory
	}
	return text
}

// tooLong is how many lines of YAML two states may have together to be compared line by line. The big definitions have
// tens of thousands, take seconds and hundreds of megabytes to compare, and nobody reads that.
const tooLong = 6_000

// changed returns the paths of the fields that differ, as far down as maps go, and the first twenty of them.
func changed(old, updated map[string]any, at string, found []string) []string {
	names := maps.Clone(old)
	maps.Copy(names, updated)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		was, wasMap := old[name].(map[string]any)
		now, isMap := updated[name].(map[string]any)
		switch {
		case len(found) > 20 || reflect.DeepEqual(old[name], updated[name]):
		case len(found) == 20:
			found = append(found, "and more")
		case wasMap && isMap:
			found = changed(was, now, at+"."+name, found)
		default:
			found = append(found, at+"."+name)
		}
	}
	return found
}

func shown(u *unstructured.Unstructured) *unstructured.Unstructured {
	if u == nil {
		return nil
	}
	if u.GroupVersionKind().GroupKind() == secretKind {
		u = u.DeepCopy() // its values are masked
	}
	return &unstructured.Unstructured{Object: content(u)}
}

func label(side string, u *unstructured.Unstructured) string {
	if u == nil {
		return side + " (none)"
	}
	return side + " " + object.Name(u.GetKind(), u)
}

func lines(u *unstructured.Unstructured) []string {
	if u == nil {
		return nil
	}
	text, err := yaml.Marshal(u.Object)
	if err != nil {
		panic(err) // it came from JSON
	}
	return slices.Collect(strings.Lines(string(text)))
}
