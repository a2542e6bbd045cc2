package change

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

// TestItem_share: a state of a definition keeps what it says, and uses the manifest's parts where it says the same.
func TestItem_share(t *testing.T) {
	versionOf := func(kind string) map[string]any {
		return map[string]any{"properties": map[string]any{"a": map[string]any{"type": kind}}, "required": []any{"a"}}
	}
	spec := func(first, second map[string]any) map[string]any {
		return map[string]any{"versions": []any{first, second}, "scope": "Cluster"}
	}
	for _, test := range []struct {
		name   string
		spec   any
		shared [2]bool // the versions that are the manifest's
	}{
		{"all", spec(versionOf("string"), versionOf("number")), [2]bool{true, true}},
		{"one_version", spec(versionOf("string"), versionOf("boolean")), [2]bool{true, false}},
		{"none_where_one_is_lacking", map[string]any{"versions": []any{versionOf("string")}}, [2]bool{false, false}},
		{"none_of_another_type", map[string]any{"versions": "none"}, [2]bool{false, false}},
	} {
		t.Run(test.name, func(t *testing.T) {
			manifest := definitionWith(spec(versionOf("string"), versionOf("number")))
			ref := server.RefOf(manifest, schema.GroupVersionResource{})
			state := definitionWith(test.spec)
			want := state.DeepCopy()
			for range 2 { // a state may come by twice
				Share(ref, manifest, state)
			}
			if diff := cmp.Diff(want, state); diff != "" {
				t.Error(diff)
			}
			for i, want := range test.shared {
				if got := sameVersion(manifest, state, i); got != want {
					t.Errorf("version %d is shared: %t, want %t", i, got, want)
				}
			}
		})
	}
}

func definitionWith(spec any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "apiextensions.k8s.io/v1",
		"kind": "CustomResourceDefinition", "metadata": map[string]any{"name": "shops.example.com"}, "spec": spec}}
}

func sameVersion(a, b *unstructured.Unstructured, i int) bool {
	of, _, _ := unstructured.NestedFieldNoCopy(a.Object, "spec", "versions")
	other, _, _ := unstructured.NestedFieldNoCopy(b.Object, "spec", "versions")
	list, isList := other.([]any)
	return isList && i < len(list) && reflect.ValueOf(of.([]any)[i]).Pointer() == reflect.ValueOf(list[i]).Pointer()
}
