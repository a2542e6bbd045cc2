package renderer

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/renderer/disk"
)

func TestParts(t *testing.T) {
	many := strings.Repeat("---\nkind: ConfigMap\n", objectsPerPart/2)
	const account, binding = "---\nkind: ServiceAccount\n", "---\nkind: RoleBinding\n"
	for _, test := range []struct {
		name  string
		files map[string]string // over three files of half a part
		root  string
		want  []string // the files of each part
	}{
		{name: "two_files_are_a_part", root: "namespace: a", want: []string{`["a.yaml","b.yaml"]`, `["c.yaml"]`}},
		{name: "service_accounts_stay_with_their_bindings",
			files: map[string]string{"b.yaml": many + account, "c.yaml": many + binding},
			want:  []string{`["a.yaml"]`, `["b.yaml","c.yaml"]`}},
		{name: "all_that_stays_together_is_no_part",
			files: map[string]string{"a.yaml": many + account, "c.yaml": many + binding}},
		{name: "a_webhook_may_name_any_service",
			files: map[string]string{"b.yaml": many + "---\nkind: MutatingWebhookConfiguration\n"}},
		{name: "a_prefix_changes_names", root: "namePrefix: a-"},
		{name: "a_generator_changes_names", root: "configMapGenerator: [{name: a}]"},
		{name: "a_patch_has_to_find_its_object", root: "patches: [{path: a.yaml}]"},
		{name: "a_component", root: "kind: Component"},
		{name: "a_field_in_another_case", root: "Namespace: a"},
		{name: "a_folder", root: "resources: [a.yaml, b.yaml, c.yaml, folder]"},
		{name: "an_address", root: "resources: [a.yaml, b.yaml, c.yaml, 'https://example.com/d.yaml']"},
		{name: "a_file_above", root: "resources: [a.yaml, b.yaml, c.yaml, ../d.yaml]"},
		{name: "a_file_that_is_not_there", root: "resources: [a.yaml, b.yaml, c.yaml, d.yaml]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			files := map[string]string{"a.yaml": many, "b.yaml": many[len("---\n"):], "c.yaml": many, "folder/x.yaml": many}
			for name, content := range test.files {
				files[name] = content
			}
			for name, content := range files {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			root := test.root + "\n"
			if !strings.Contains(root, "resources") {
				root += "resources: [a.yaml, b.yaml, c.yaml]\n"
			}
			r := &renderer{files: disk.New("kustomization.yaml", filepath.Join(dir, "kustomization.yaml"), nil)}
			var got []string
			for _, part := range r.parts([]byte(root)) {
				_, list, _ := strings.Cut(string(part.content), `"resources":`)
				got = append(got, strings.TrimSuffix(strings.Split(list, "]")[0]+"]", "}"))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(fmt.Sprintf("%s\n", root) + diff)
			}
		})
	}
}
