package kustomize

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// in returns the deployment with a namespace of its own.
func in(namespace string) string {
	return strings.Replace(deployment, "name: web\n", "name: web\n  namespace: "+namespace+"\n", 1)
}

// TestTargets pastes a patch for each target that the render names, in both ways there are, and sees that it changes
// that object and no other.
func TestTargets(t *testing.T) {
	variant := "resources:\n- ../base\n"
	for _, test := range []struct {
		name  string
		files map[string]string
		want  []Target
	}{
		{"as_it_is", map[string]string{"k/kustomization.yaml": "resources: [web.yaml]\n", "k/web.yaml": deployment},
			[]Target{{Name: "web", Namespace: ""}}},
		{"prefix", map[string]string{"k/kustomization.yaml": "namePrefix: a-\nresources: [web.yaml]\n",
			"k/web.yaml": deployment}, []Target{{Name: "web", Namespace: ""}}},
		{"suffix", map[string]string{"k/kustomization.yaml": "nameSuffix: -a\nresources: [web.yaml]\n",
			"k/web.yaml": deployment}, []Target{{Name: "web", Namespace: ""}}},
		{"namespace_is_set", map[string]string{"k/kustomization.yaml": "namespace: shop\nresources: [web.yaml]\n",
			"k/web.yaml": deployment}, []Target{{Name: "web", Namespace: ""}}},
		{"namespace_is_replaced", map[string]string{"k/kustomization.yaml": "namespace: shop\nnamePrefix: a-\nresources: " +
			"[web.yaml]\n", "k/web.yaml": in("old")}, []Target{{Name: "web", Namespace: "old"}}},
		{"two_namespaces_in_one_file", map[string]string{"k/kustomization.yaml": "namePrefix: a-\nresources: [web.yaml]\n",
			"k/web.yaml": in("b") + "---\n" + in("a")},
			[]Target{{Name: "web", Namespace: "b"}, {Name: "web", Namespace: "a"}}},
		{"one_in_a_namespace_and_one_in_none",
			map[string]string{"k/kustomization.yaml": "nameSuffix: -a\nresources: [web.yaml, b.yaml]\n",
				"k/web.yaml": deployment, "k/b.yaml": in("b")},
			[]Target{{Name: "web", Namespace: "default"}, {Name: "web", Namespace: "b"}}},
		{"a_base_with_prefix_and_namespace", map[string]string{"k/kustomization.yaml": "nameSuffix: -prod\nnamespace: " +
			"prod\nresources: [../base]\n",
			"base/kustomization.yaml": "namePrefix: a-\nnamespace: shop\nresources: [web.yaml]\n", "base/web.yaml": deployment},
			[]Target{{Name: "web", Namespace: ""}}},
		{"variants_in_namespaces", map[string]string{"k/kustomization.yaml": "nameSuffix: -x\nresources: [../a, ../b]\n",
			"a/kustomization.yaml": variant + "namespace: a\n", "b/kustomization.yaml": variant + "namespace: b\n",
			"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": deployment},
			[]Target{{Name: "web", Namespace: "a"}, {Name: "web", Namespace: "b"}}},
		{"variants_with_prefixes", map[string]string{"k/kustomization.yaml": "namespace: shop\nresources: [../a, ../b]\n",
			"a/kustomization.yaml": variant + "namePrefix: a-\n", "b/kustomization.yaml": variant + "namePrefix: b-\n",
			"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": deployment},
			[]Target{{Name: "a-web", Namespace: ""}, {Name: "b-web", Namespace: ""}}},
		{"variants_with_prefixes_and_a_suffix_for_all",
			map[string]string{"k/kustomization.yaml": "nameSuffix: -x\nresources: [../a, ../b]\n",
				"a/kustomization.yaml": variant + "namePrefix: a-\n", "b/kustomization.yaml": variant + "namePrefix: b-\n",
				"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": deployment},
			[]Target{{Name: "a-web", Namespace: ""}, {Name: "b-web", Namespace: ""}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder(t, test.files)
			result, err := Render(t.Context(), "k", Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got []Target
			for i, o := range result.Objects {
				got = append(got, o.Target)
				for _, entry := range entries(o.Target) {
					if changed := patched(t, o.Target, entry, test.files["k/kustomization.yaml"]); !cmp.Equal([]int{i}, changed) {
						t.Errorf("the patch of object %d changes %d, listed as %s", i, changed, entry)
					}
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("targets (-want +got):\n%s", diff)
			}
		})
	}
}

// entries are the two ways to list a patch: by its own metadata, and with a target.
func entries(target Target) []string {
	selector := "kind: Deployment, name: " + target.Name
	if target.Namespace != "" {
		selector += ", namespace: " + target.Namespace
	}
	return []string{"{path: patch.yaml}", "{path: patch.yaml, target: {" + selector + "}}"}
}

// patched returns the indices of the objects that a patch for the target changes.
func patched(t *testing.T, target Target, entry, kustomization string) (changed []int) {
	t.Helper()
	metadata := "name: " + target.Name
	if target.Namespace != "" {
		metadata += ", namespace: " + target.Namespace
	}
	patch := fmt.Sprintf("apiVersion: apps/v1\nkind: Deployment\nmetadata: {%s}\nspec: {paused: true}\n", metadata)
	if err := os.WriteFile("k/patch.yaml", []byte(patch), 0o644); err != nil {
		t.Fatal(err)
	}
	result, err := Render(t.Context(), "k", Options{Content: []byte(kustomization + "patches: [" + entry + "]\n")})
	if err != nil {
		t.Error(err)
	}
	for i, o := range result.Objects {
		if spec, _ := o.Object["spec"].(map[string]any); spec["paused"] == true {
			changed = append(changed, i)
		}
	}
	return changed
}
