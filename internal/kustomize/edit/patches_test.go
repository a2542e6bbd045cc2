package edit

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const patchFile = "arch-patches.yaml"

func TestAddPatch(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"no_patches", "resources: [app.yaml]\n", "resources: [app.yaml]\npatches:\n- path: arch-patches.yaml\n"},
		{"no_line_end", "resources: [app.yaml]", "resources: [app.yaml]\npatches:\n- path: arch-patches.yaml"},
		{"as_other_lists", "resources:\n  - app.yaml\n", "resources:\n  - app.yaml\npatches:\n  - path: arch-patches.yaml\n"},
		{"after_others", "patches:\n- path: a.yaml # why\n\nresources: [app.yaml]\n",
			"patches:\n- path: a.yaml # why\n- path: arch-patches.yaml\n\nresources: [app.yaml]\n"},
		{"in_the_quotes_of_others", "patches:\n- \"path\": \"a.yaml\"\n",
			"patches:\n- \"path\": \"a.yaml\"\n- \"path\": \"arch-patches.yaml\"\n"},
		{"after_a_block_of_text", "patches:\n- patch: |-\n    - op: remove\n      path: /spec\n\n# next\nresources: " +
			"[app.yaml]\n",
			"patches:\n- patch: |-\n    - op: remove\n      path: /spec\n- path: arch-patches.yaml\n\n# next\nresources: " +
				"[app.yaml]\n"},
		{"after_a_block_of_text_with_a_comment_in_it", "patches:\n  - patch: |\n      a: b\n      # c\n",
			"patches:\n  - patch: |\n      a: b\n      # c\n  - path: arch-patches.yaml\n"},
		{"after_a_target", "patches:\n- target:\n    kind: Deployment\n  patch: >-\n    a: b\nnamePrefix: x-\n",
			"patches:\n- target:\n    kind: Deployment\n  patch: >-\n    a: b\n- path: arch-patches.yaml\nnamePrefix: x-\n"},
		{"in_brackets", "patches: [{path: a.yaml}]\n", "patches: [{path: a.yaml}, {path: arch-patches.yaml}]\n"},
		{"null", "patches:\nresources: [app.yaml]\n", "patches:\n- path: arch-patches.yaml\nresources: [app.yaml]\n"},
		{"json", `{"resources": ["app.yaml"]}`, `{"resources": ["app.yaml"], "patches": [{"path": "arch-patches.yaml"}]}`},
		{"listed", "patches:\n- path: ./arch-patches.yaml\n", "patches:\n- path: ./arch-patches.yaml\n"},
		{"beside_the_older_fields", "patchesStrategicMerge:\n- a.yaml\n",
			"patchesStrategicMerge:\n- a.yaml\npatches:\n- path: arch-patches.yaml\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := AddPatch("kustomization.yaml", []byte(test.in), patchFile)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
			again, err := AddPatch("kustomization.yaml", got, patchFile)
			if diff := cmp.Diff(string(got), string(again)); diff != "" || err != nil {
				t.Error("the second time it changes something", err, diff)
			}
			if test.name == "listed" || test.name == "null" { // was there before, or leaves nothing to a field of nothing
				return
			}
			removed, err := RemovePatch("kustomization.yaml", got, patchFile)
			if diff := cmp.Diff(test.in, string(removed)); diff != "" || err != nil {
				t.Error(err, diff)
			}
		})
	}
}

func TestPatch_errors(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"older_field", "patchesStrategicMerge:\n- arch-patches.yaml\n",
			"kustomization.yaml:2: arch-patches.yaml is listed under patchesStrategicMerge too; list it under patches alone"},
		{"a_resource", "resources: [app.yaml, ./arch-patches.yaml]\n",
			"kustomization.yaml:1: arch-patches.yaml is listed under resources too; list it under patches alone"},
		{"no_list", "patches: {path: a.yaml}\n", "kustomization.yaml:1: patches must be a list; write it out here"},
		{"an_alias", "x: &x [{path: a.yaml}]\npatches: *x\n", "kustomization.yaml:2: patches must be a list; write it out " +
			"here"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := AddPatch("kustomization.yaml", []byte(test.in), patchFile)
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// TestPatch_comes_and_goes without a trace, in all forms of all kustomizations whose images are set in other tests.
func TestPatch_comes_and_goes(t *testing.T) {
	cases, err := filepath.Glob("testdata/set/*/in.yaml")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	tried := 0
	for _, in := range cases {
		for _, end := range ends {
			for _, form := range variants {
				content := form.to(load(t, in) + end.add)
				if Check(in, []byte(content)) != nil || strings.HasPrefix(content, "\ufeff\ufeff") {
					continue
				}
				added, err := AddPatch(in, []byte(content), patchFile)
				if err != nil {
					if !strings.Contains(err.Error(), "by hand once") && !strings.Contains(err.Error(), "in place") {
						t.Errorf("%s, %s, %s: %v", in, end.name, form.name, err)
					}
					continue
				}
				tried++
				removed, err := RemovePatch(in, added, patchFile)
				if diff := cmp.Diff(content, string(removed)); diff != "" || err != nil {
					t.Errorf("%s, %s, %s: %v\n%s", in, end.name, form.name, err, diff)
				}
			}
		}
	}
	if t.Logf("%d kustomizations", tried); tried < 1000 {
		t.Error("too few")
	}
}
