package renderer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/api/types"
)

const shopDefinition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: shops.example.com
spec:
  group: example.com
  names: {kind: Shop, plural: shops}
  scope: Namespaced
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        properties:
          spec:
            properties:
              image: {type: string, default: registry/app}
              containers: {type: array, items: {type: object}}
            type: object
        type: object
    served: true
    storage: true
`

var cartDefinition = strings.ReplaceAll(strings.ReplaceAll(shopDefinition, "shop", "cart"), "Shop", "Cart")

const shopPod = `---
apiVersion: v1
kind: Pod
metadata: {name: app}
spec: {containers: [{name: app, image: registry/app}]}
`

// TestRenderer_without_schemas: whatever a kustomization does with definitions, it comes out as kustomize has it, from
// the same lines; and the schemas are kept aside where nothing is about them.
func TestRenderer_without_schemas(t *testing.T) {
	const removal = "- op: remove\n  path: /spec/versions/0/schema/openAPIV3Schema/properties/spec\n"
	const patched = "patches: [{path: patch.yaml, target: {name: shops.example.com}}]"
	const beginning = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n" +
		"metadata: {name: shops.example.com}\n"
	for _, test := range []struct {
		name  string
		root  string
		files map[string]string
		// aside: schemas are kept out of kustomize's hands, of at least one file.
		aside, fails bool
	}{
		{"beside_what_changes_all_objects",
			"namespace: a\nnamePrefix: b-\nlabels: [{pairs: {c: d}, includeSelectors: true}]", nil, true, false},
		{"with_a_patch_of_something_else",
			"patches: [{patch: '- {op: add, path: /spec/scope, value: Cluster}', target: {kind: CustomResourceDefinition}}]",
			nil, true, false},
		{"with_a_merge_patch_of_something_else", "patches: [{path: patch.yaml}]",
			map[string]string{"patch.yaml": beginning + "spec: {scope: Cluster}\n"}, true, false},
		{"with_a_merge_patch_of_all_versions", "patches: [{path: patch.yaml}]",
			map[string]string{"patch.yaml": strings.Replace(shopDefinition, "type: string", "type: number", 1)}, false, false},
		{"with_a_patch_of_a_schema", patched, map[string]string{"patch.yaml": removal}, false, false},
		{"with_a_patch_of_a_schema_in_a_base", "resources: [base, carts.yaml]", map[string]string{
			"base/kustomization.yaml": "resources: [shops.yaml]\n" + patched, "base/shops.yaml": shopDefinition,
			"base/patch.yaml": removal}, true, false},
		{"with_a_patch_in_the_kustomization_of_a_base", "resources: [carts.yaml, base]", map[string]string{
			"base/kustomization.yaml": "resources: [shops.yaml]\npatches:\n- target: {name: shops.example.com}\n" +
				"  patch: |\n    " + strings.ReplaceAll(removal, "\n", "\n    ") + "\n",
			"base/shops.yaml": shopDefinition}, true, false},
		{"with_a_component_that_patches_a_schema", "components: [part]", map[string]string{
			"part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n" + patched,
			"part/patch.yaml":         removal}, false, false},
		{"with_a_ConfigMap_of_the_file", "configMapGenerator: [{name: a, files: [shops.yaml]}]", nil, false, false},
		{"with_a_Secret_of_the_file", "secretGenerator: [{name: a, files: [shops.yaml]}]", nil, false, false},
		{"with_a_replacement_by_the_versions", "replacements:\n" +
			"- source: {name: shops.example.com, fieldPath: spec.versions}\n" +
			"  targets: [{select: {name: carts.example.com}, fieldPaths: [spec.versions]}]",
			nil, false, false},
		{"with_a_removed_definition", "patches:\n- patch: |\n    $patch: delete\n    " +
			strings.ReplaceAll(beginning, "\n", "\n    "), nil, false, false},
		{"with_an_image_field_in_a_schema", "configurations: [config.yaml]\nimages: [{name: registry/app, newTag: v2}]",
			map[string]string{"config.yaml": "images:\n" +
				"- path: spec/versions/schema/openAPIV3Schema/properties/spec/properties/image/default\n"}, false, false},
		{"that_does_not_render",
			"patches: [{patch: '- {op: remove, path: /spec/nothing}', target: {name: shops.example.com}}]", nil, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			files := map[string]string{"shops.yaml": "# Shops\n" + shopDefinition + shopPod, "carts.yaml": cartDefinition,
				"kustomization.yaml": test.root}
			if !strings.Contains(test.root, "resources:") {
				files["kustomization.yaml"] = "resources: [shops.yaml, carts.yaml]\n" + test.root
			}
			for name, content := range test.files {
				files[name] = content
			}
			writeFiles(t, dir, files)
			want, _ := renderedIn(t, dir, false)
			got, aside := renderedIn(t, dir, true)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if _, failed := want.(string); failed != test.fails {
				t.Errorf("fails: %t, want %t: %.300v", failed, test.fails, want)
			}
			if aside != test.aside {
				t.Errorf("schemas are kept aside: %t, want %t", aside, test.aside)
			}
		})
	}
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// renderedIn renders a folder, with the schemas kept aside or not, to objects or an error.
func renderedIn(t *testing.T, dir string, aside bool) (result any, kept bool) {
	t.Helper()
	path := filepath.Join(dir, "kustomization.yaml")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRenderer(Request{Path: path, Content: content})
	if err != nil {
		t.Fatal(err)
	}
	if !aside {
		r.files.Definitions.Aside = nil
	}
	var objects []sentObject
	r.sent = sink{each: func(o *sentObject) { objects = append(objects, *o) }, again: func() { objects = nil }}
	rendering, err := r.render([]types.Image{{Name: "registry/app", NewName: "ghcr.io/shop/app", NewTag: "v1"}})
	d := r.files.Definitions
	kept = d.Aside != nil && d.Aside.Matters()
	if err != nil {
		return err.Error(), kept
	}
	text, err := json.Marshal([]any{objects, rendering.targets})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &result); err != nil {
		t.Fatal(err)
	}
	return result, kept
}
