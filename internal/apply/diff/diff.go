// Package diff compares two states of an object, and shows the difference without the values of a Secret.
package diff

import (
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// lastApplied is where client-side kubectl apply keeps a copy of the whole manifest, Secret data included.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// Unified is the unified diff of two states of an object as YAML, "" if nothing differs; nil is an object that isn't there.
// What the server and the controllers write (status, managedFields, resourceVersion and the like) is left out.
// The values in a Secret are never shown, only that they differ.
func Unified(before, after *unstructured.Unstructured) string {
	old, updated := shown(before), shown(after)
	mask(old, updated)
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: lines(old), B: lines(updated), FromFile: label("live", before), ToFile: label("applied", after), Context: 3,
	})
	if err != nil {
		panic(err) // it writes to memory
	}
	return text
}

func shown(u *unstructured.Unstructured) *unstructured.Unstructured {
	if u == nil {
		return nil
	}
	s := &unstructured.Unstructured{Object: content(u)}
	unstructured.RemoveNestedField(s.Object, "metadata", "annotations", lastApplied)
	return s
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
