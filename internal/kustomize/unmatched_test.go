package kustomize

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
)

func TestUnmatched(t *testing.T) {
	image := func(name string) types.Image { return types.Image{Name: name, NewName: "r.io/shared", NewTag: "v1"} }
	for _, test := range []struct {
		name   string
		files  map[string]string
		images []types.Image
		want   []string
	}{
		{
			name:   "two_inputs_that_share_a_repository_and_a_typo",
			files:  map[string]string{"kustomization.yaml": "resources: [web.yaml]\n", "web.yaml": deployment},
			images: []types.Image{image("registry/app"), image("registry/apq"), image("registry/migrate")},
			want:   []string{"registry/apq"},
		},
		{
			name: "an_entry_alone_does_not_match",
			files: map[string]string{"kustomization.yaml": "resources: [web.yaml]\nimages:\n- name: registry/gone\n  newTag: v0\n",
				"web.yaml": deployment},
			images: []types.Image{image("registry/gone")},
			want:   []string{"registry/gone"},
		},
		{
			name: "names_in_a_base_and_in_a_component",
			files: map[string]string{
				"kustomization.yaml":      "resources: [base]\ncomponents: [part]\n",
				"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": deployment,
				"part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n- target: {kind: Deployment}\n" +
					"  patch: |-\n    - {op: replace, path: /spec/template/spec/containers/0/image, value: part/app}\n",
			},
			images: []types.Image{image("registry/migrate"), image("part/app"), image("registry/app")},
			want:   []string{"registry/app"},
		},
		{
			name: "a_name_that_a_base_already_changed",
			files: map[string]string{
				"kustomization.yaml":      "resources: [base]\n",
				"base/kustomization.yaml": "resources: [web.yaml]\nimages:\n- name: registry/app\n  newName: staging/app\n", "base/web.yaml": deployment,
			},
			images: []types.Image{image("registry/app"), image("staging/app")},
			want:   []string{"registry/app"},
		},
		{
			name: "a_name_that_another_entry_makes",
			files: map[string]string{"kustomization.yaml": "resources: [web.yaml]\nimages:\n- name: registry/app\n  newName: r.io/shared\n- name: r.io/shared\n  newTag: v0\n",
				"web.yaml": deployment},
			images: []types.Image{image("registry/app"), image("r.io/shared")},
			want:   nil,
		},
		{
			name: "a_custom_kind_that_configurations_name",
			files: map[string]string{
				"kustomization.yaml": "resources: [task.yaml]\nconfigurations: [images.yaml]\n",
				"images.yaml":        "images:\n- path: spec/runner/image\n  kind: Task\n",
				"task.yaml":          "apiVersion: x.io/v1\nkind: Task\nmetadata: {name: t}\nspec: {runner: {image: registry/task}, other: registry/app}\n",
			},
			images: []types.Image{image("registry/task"), image("registry/app")},
			want:   []string{"registry/app"},
		},
		{
			name: "a_custom_kind_with_containers",
			files: map[string]string{"kustomization.yaml": "resources: [r.yaml]\n",
				"r.yaml": "apiVersion: x.io/v1\nkind: Rollout\nmetadata: {name: r}\nspec: {template: {spec: {containers: [{name: a, image: 'registry/app@sha256:ab'}]}}}\n"},
			images: []types.Image{image("registry/app")},
			want:   nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder(t, test.files)
			content, err := os.ReadFile("kustomization.yaml")
			if err != nil {
				t.Fatal(err)
			}
			for _, isEdited := range []bool{false, true} { // before the images are set, and after
				if isEdited {
					if content, _, err = edit.SetImages("kustomization.yaml", content, test.images); err != nil {
						t.Fatal(err)
					}
				}
				result, err := Render(t.Context(), ".", Options{Content: content, Images: test.images})
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, f := range result.Findings {
					if strings.Contains(f.Message, "is used by no manifest") {
						got = append(got, f.Image)
					}
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("edited %t: %s", isEdited, diff)
				}
			}
		})
	}
}
