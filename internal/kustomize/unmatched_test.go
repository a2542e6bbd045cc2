package kustomize

import (
	"fmt"
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
			files: map[string]string{"kustomization.yaml": "resources: [web.yaml]\nimages:\n- name: registry/gone\n  newTag: " +
				"v0\n",
				"web.yaml": deployment},
			images: []types.Image{image("registry/gone")},
			want:   []string{"registry/gone"},
		},
		{
			name: "names_in_a_base_and_in_a_component",
			files: map[string]string{
				"kustomization.yaml":      "resources: [base]\ncomponents: [part]\n",
				"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": deployment,
				"part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n- target: " +
					"{kind: Deployment}\n" +
					"  patch: |-\n    - {op: replace, path: /spec/template/spec/containers/0/image, value: part/app}\n",
			},
			images: []types.Image{image("registry/migrate"), image("part/app"), image("registry/app")},
			want:   []string{"registry/app"},
		},
		{
			name: "a_name_that_a_base_already_changed",
			files: map[string]string{
				"kustomization.yaml":      "resources: [base]\n",
				"base/kustomization.yaml": "resources: [web.yaml]\nimages:\n- name: registry/app\n  newName: staging/app\n",
				"base/web.yaml":           deployment,
			},
			images: []types.Image{image("registry/app"), image("staging/app")},
			want:   []string{"registry/app"},
		},
		{
			name: "a_name_that_another_entry_makes",
			files: map[string]string{"kustomization.yaml": "resources: [web.yaml]\nimages:\n- name: registry/app\n  newName: " +
				"r.io/shared\n- name: r.io/shared\n  newTag: v0\n",
				"web.yaml": deployment},
			images: []types.Image{image("registry/app"), image("r.io/shared")},
			want:   nil,
		},
		{
			name: "a_custom_kind_that_configurations_name",
			files: map[string]string{
				"kustomization.yaml": "resources: [task.yaml]\nconfigurations: [images.yaml]\n",
				"images.yaml":        "images:\n- path: spec/runner/image\n  kind: Task\n",
				"task.yaml": "apiVersion: x.io/v1\nkind: Task\nmetadata: {name: t}\nspec: {runner: {image: " +
					"registry/task}, other: registry/app}\n",
			},
			images: []types.Image{image("registry/task"), image("registry/app")},
			want:   []string{"registry/app"},
		},
		{
			name: "a_custom_kind_with_containers",
			files: map[string]string{"kustomization.yaml": "resources: [r.yaml]\n",
				"r.yaml": "apiVersion: x.io/v1\nkind: Rollout\nmetadata: {name: r}\nspec: {template: {spec: {containers: [{name: " +
					"a, image: 'registry/app@sha256:ab'}]}}}\n"},
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

// An image that no manifest uses comes with the names that they do use, likeliest first.
func TestUnmatched_lists_the_names_there_are(t *testing.T) {
	pods := func(images ...string) string {
		text := "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
		for i, image := range images {
			text += fmt.Sprintf("  - {name: c%d, image: '%s'}\n", i, image)
		}
		return text
	}
	for _, test := range []struct {
		name  string
		files map[string]string
		input string
		want  string
	}{
		{"full_name_on_docker_hub", map[string]string{"kustomization.yaml": "resources: [p.yaml]\n",
			"p.yaml": pods("apple", "docker.io/library/app:1", "redis")}, "app",
			"They use docker.io/library/app, apple, redis."},
		{"same_last_part", map[string]string{"kustomization.yaml": "resources: [p.yaml]\n",
			"p.yaml": pods("redis:7", "a.example:5000/team/cart@sha256:ab", "card")}, "cart",
			"They use a.example:5000/team/cart, card, redis."},
		{"typo", map[string]string{"kustomization.yaml": "resources: [p.yaml]\n",
			"p.yaml": pods("quay.io/a/b", "registry/app", "registry/web")}, "registry/ap",
			"They use registry/app, registry/web, quay.io/a/b."},
		{"what_a_base_made_of_it", map[string]string{"kustomization.yaml": "resources: [base]\n",
			"base/kustomization.yaml": "resources: [p.yaml]\nimages:\n- {name: app, newName: staging.example/x}\n",
			"base/p.yaml":             pods("app:1", "apps")}, "app",
			"They use staging.example/x, apps. base/kustomization.yaml:3 makes staging.example/x of app."},
		{"as_they_are_before_the_images_are_set",
			map[string]string{"kustomization.yaml": "resources: [p.yaml]\nimages: [{name: app, newName: x.example/y}]\n",
				"p.yaml": pods("app")},
			"x.example/z", "They use app."},
		{"image_volumes", map[string]string{"kustomization.yaml": "resources: [p.yaml]\n",
			"p.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {volumes: [{name: v, image: {reference: " +
				"models/a:1}}]}\n"}, "models/b", "They use models/a."},
		{"many", map[string]string{"kustomization.yaml": "resources: [p.yaml]\n",
			"p.yaml": pods("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l")}, "zz",
			"They use a, b, c, d, e, f, g, h, i, j and 2 more."},
		{"none", map[string]string{"kustomization.yaml": "resources: [p.yaml]\n", "p.yaml": service}, "app",
			"The manifests use no image at all."},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder(t, test.files)
			images := []types.Image{{Name: test.input, NewName: "r.io/x", NewTag: "v1"}}
			content, err := os.ReadFile("kustomization.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if content, _, err = edit.SetImages("kustomization.yaml", content, images); err != nil {
				t.Fatal(err)
			}
			result, err := Render(t.Context(), ".", Options{Content: content, Images: images})
			if err != nil || len(result.Findings) != 1 {
				t.Fatal(result, err)
			}
			if fix := result.Findings[0].Fix; !strings.Contains(fix, test.want) {
				t.Errorf("the fix has no %q: %s", test.want, fix)
			}
		})
	}
}
