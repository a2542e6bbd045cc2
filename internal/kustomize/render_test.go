package kustomize

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      initContainers:
      - name: migrate
        image: registry/migrate:latest
      containers:
      - name: web
        image: registry/app:latest
`

const service = `apiVersion: v1
kind: Service
metadata:
  name: web
`

// folder writes files into a new folder, makes it the working directory, so that paths in results are relative.
func folder(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// summary is what a test compares of an object.
type summary struct {
	Name    string
	Images  []string
	Source  Source
	Origins bool
}

func summarize(objects []Object) []summary {
	var result []summary
	for _, o := range objects {
		s := summary{Name: o.GetKind() + " " + o.GetName(), Source: o.Source}
		data, _ := o.MarshalJSON()
		for _, part := range strings.Split(string(data), `"image":"`)[1:] {
			image, _, _ := strings.Cut(part, `"`)
			s.Images = append(s.Images, image)
		}
		_, s.Origins = o.GetAnnotations()["config.kubernetes.io/origin"]
		result = append(result, s)
	}
	return result
}

var webLines = map[string]int{"migrate": 10, "web": 13}

func TestRender(t *testing.T) {
	for _, test := range []struct {
		name  string
		files map[string]string
		dir   string
		opts  Options
		want  []summary
	}{
		{
			name: "objects_keep_their_order_and_know_their_lines",
			files: map[string]string{"k/kustomization.yaml": "resources:\n- all.yaml\n", "k/all.yaml": service + "---\n" +
				deployment},
			dir: "k",
			want: []summary{
				{Name: "Service web", Source: Source{File: "k/all.yaml", Line: 1}},
				{Name: "Deployment web", Images: []string{"registry/app:latest", "registry/migrate:latest"},
					Source: Source{File: "k/all.yaml", Line: 6, PodSpec: 12, Images: map[string]int{"migrate": 15, "web": 18}}},
			},
		},
		{
			name: "an_overlay_with_prefix_component_generator_and_patch",
			files: map[string]string{
				"base/kustomization.yml": "namePrefix: base-\nresources:\n- web.yaml\n",
				"base/web.yaml":          deployment,
				"parts/Kustomization": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources:\n- svc.yaml\n" +
					"configMapGenerator:\n- name: part\n  literals: [a=b]\n",
				"parts/svc.yaml": service,
				"prod/kustomization.yaml": "resources:\n- ../base\ncomponents:\n- ../parts\nnameSuffix: -prod\n" +
					"patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata:\n      name: base-web\n    " +
					"spec:\n      template:\n" +
					"        spec:\n          containers:\n          - {name: side, image: registry/side}\n" +
					"images:\n- name: registry/app\n  newTag: v2\n",
			},
			dir: "prod",
			want: []summary{
				{Name: "Deployment base-web-prod", Images: []string{"registry/side", "registry/app:v2", "registry/migrate:latest"},
					Source: Source{File: "base/web.yaml", Line: 1, PodSpec: 7, Images: webLines}},
				{Name: "Service web-prod", Source: Source{File: "parts/svc.yaml", Line: 1}},
				{Name: "ConfigMap part-prod-4h2mbtbbt6", Source: Source{File: "parts/Kustomization", Line: 5}},
			},
		},
		{
			name:  "content_stands_in_for_the_file",
			files: map[string]string{"kustomization.yaml": "resources: [web.yaml]\n", "web.yaml": deployment},
			dir:   ".",
			opts: Options{Content: []byte("resources: [web.yaml]\nimages: [{name: registry/app, newTag: v3, digest: " +
				"'sha256:ab'}]\n")},
			want: []summary{{Name: "Deployment web", Images: []string{"registry/app:v3@sha256:ab", "registry/migrate:latest"},
				Source: Source{File: "web.yaml", Line: 1, PodSpec: 7, Images: webLines}}},
		},
		{
			name: "origin_annotations_stay_when_asked_for",
			files: map[string]string{"kustomization.yaml": "resources: [svc.yaml]\nbuildMetadata: [originAnnotations]\n",
				"svc.yaml": service},
			dir:  "kustomization.yaml",
			want: []summary{{Name: "Service web", Source: Source{File: "svc.yaml", Line: 1}, Origins: true}},
		},
		{
			name: "objects_in_a_list_and_of_one_kind_are_told_apart",
			files: map[string]string{"kustomization.yaml": "namePrefix: x-\nresources: [list.yaml]\n",
				"list.yaml": "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: web}}\n" +
					"- {apiVersion: v1, kind: Service, metadata: {name: web-2}}\n"},
			dir: ".",
			want: []summary{
				{Name: "Service x-web", Source: Source{File: "list.yaml", Line: 4}},
				{Name: "Service x-web-2", Source: Source{File: "list.yaml", Line: 5}},
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder(t, test.files)
			result, err := Render(t.Context(), test.dir, test.opts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, summarize(result.Objects)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Finding the origins leaves no trace: the objects are those of `kustomize build`.
func TestRender_is_kustomize_build(t *testing.T) {
	folder(t, map[string]string{
		"kustomization.yaml": "namePrefix: x-\nresources: [base, list.yaml]\nimages: [{name: registry/app, newTag: " +
			"v2}]\nlabels: [{pairs: {a: b}}]\n" +
			"secretGenerator: [{name: s, literals: [a=b]}]\n",
		"base/kustomization.yaml": "resources: [web.yaml, svc.yaml]\nconfigMapGenerator: [{name: c, literals: [a=b]}]\n",
		"base/web.yaml":           deployment,
		"base/svc.yaml":           strings.Replace(service, "  name", "  annotations: {a: b}\n  name", 1),
		"list.yaml": "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: other, " +
			"annotations: {}}, spec: {x: 1, y: 1.5}}\n",
	})
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), ".")
	if err != nil {
		t.Fatal(err)
	}
	result, err := Render(t.Context(), ".", Options{})
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, r := range resources.Resources() {
		want = append(want, r.MustYaml())
	}
	for _, o := range result.Objects {
		text, err := yaml.Marshal(o.Object)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(text))
	}
	for i := range want { // kustomize keeps the order of keys
		var value any
		if err := yaml.Unmarshal([]byte(want[i]), &value); err != nil {
			t.Fatal(err)
		}
		sorted, _ := yaml.Marshal(value)
		want[i] = string(sorted)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRender_errors(t *testing.T) {
	for _, test := range []struct {
		name  string
		files map[string]string
		dir   string
		want  string
	}{
		{"a_missing_file", map[string]string{"kustomization.yaml": "resources:\n- web.yaml\n- b.yaml\n",
			"web.yaml": deployment}, ".",
			"kustomization.yaml:3: b.yaml does not exist; create it, or correct the path"},
		{"a_missing_file_of_a_component", map[string]string{"kustomization.yaml": "components: [part]\n",
			"part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources:\n- z.yaml\n"},
			".",
			"part/kustomization.yaml:4: part/z.yaml does not exist; create it, or correct the path"},
		{"broken_yaml", map[string]string{"kustomization.yaml": "resources:\n- a.yaml\n", "a.yaml": "a: b\n c: d\n"}, ".",
			"kustomization.yaml:2: a.yaml is broken YAML: line 2: mapping values are not allowed in this context; correct it"},
		{"a_path_outside_the_root", map[string]string{"k/kustomization.yaml": "resources:\n- ../a.yaml\n", "a.yaml": service},
			"k",
			"k/kustomization.yaml:2: a.yaml is outside k; kustomize reads files in or below a kustomization's folder only; " +
				"move the file there, or give it a kustomization of its own and name that folder"},
		{"an_exec_plugin", map[string]string{"kustomization.yaml": "generators:\n- g.yaml\n",
			"g.yaml": "apiVersion: x/v1\nkind: Gen\nmetadata:\n  name: g\n"}, ".",
			"kustomization.yaml: it asks for the plugin Gen; only kustomize's built-in plugins run here; render with the " +
				"plugin beforehand and commit the result"},
		{"a_helm_chart", map[string]string{"kustomization.yaml": "helmCharts:\n- name: x\n"}, ".",
			"kustomization.yaml: helm charts are not rendered here; run `helm template` beforehand and commit the result"},
		{"a_folder_without_kustomization", map[string]string{"k/kustomization.yaml": "resources:\n- ../base\n",
			"base/svc.yaml": service}, "k",
			"k/kustomization.yaml:2: there is no kustomization in base; add one there"},
		{"an_empty_base", map[string]string{"kustomization.yaml": "resources:\n- base\n", "base/kustomization.yaml": ""}, ".",
			"kustomization.yaml:2: the kustomization in base is empty; list the manifests under its resources"},
		{"a_cycle", map[string]string{"k/kustomization.yaml": "resources:\n- base\n",
			"k/base/kustomization.yaml": "resources:\n- ..\n"}, "k",
			"k/base/kustomization.yaml:2: k contains k/base, which names it; remove one of the references"},
		{"an_object_twice", map[string]string{"kustomization.yaml": "resources: [a.yaml, b.yaml]\n", "a.yaml": service,
			"b.yaml": service}, ".",
			"kustomization.yaml: two manifests are Service.v1.[noGrp]/web.[noNs]; remove one of the two, or list the file once"},
		{"an_object_without_kind", map[string]string{"kustomization.yaml": "resources: [a.yaml]\n",
			"a.yaml": "metadata: {name: x}\n"}, ".",
			"kustomization.yaml:1: a.yaml has an object without kind or metadata.name; add it, or list Kubernetes objects only"},
		{"an_object_with_generate_name", map[string]string{"kustomization.yaml": "resources: [a.yaml]\n",
			"a.yaml": "apiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: x-\n"}, ".",
			"a.yaml:4: the object has generateName and no name; kustomize and server-side apply know an object by its name, " +
				"so give it one with metadata.name, or create it with `kubectl create`"},
		{"an_unknown_field", map[string]string{"kustomization.yaml": "resources: [a.yaml]\nresorces: []\n",
			"a.yaml": service}, ".",
			"kustomization.yaml:2: kustomize knows no field resorces; correct its spelling"},
		{"a_number_for_a_tag", map[string]string{"kustomization.yaml": "resources: [a.yaml]\nimages:\n- name: x\n  newTag: " +
			"12\n", "a.yaml": service}, ".",
			"kustomization.yaml:4: images.newTag is a number, not a string; put a string in quotes, write a list with dashes"},
		{"a_patch_without_target", map[string]string{"kustomization.yaml": "resources: [a.yaml]\npatches:\n- path: p.yaml\n",
			"a.yaml": service,
			"p.yaml": "apiVersion: v1\nkind: Service\nmetadata:\n  name: nope\n"}, ".",
			`kustomization.yaml: no resource matches strategic merge patch "Service.v1.[noGrp]/nope.[noNs]": ` +
				"no matches for Id Service.v1.[noGrp]/nope.[noNs]; failed to find unique target for patch " +
				"Service.v1.[noGrp]/nope.[noNs]; " +
				"correct it, then check with `kustomize build .`"},
		{"no_objects", map[string]string{"kustomization.yaml": "namePrefix: a-\n"}, ".",
			"kustomization.yaml: the kustomization renders no objects; list the manifests under resources"},
		{"an_empty_file", map[string]string{"kustomization.yaml": "# nothing\n"}, ".",
			"kustomization.yaml: the kustomization is empty; list the manifests under resources"},
		{"a_remote_file", map[string]string{"kustomization.yaml": "resources:\n- https://example.invalid/a.yaml\n"}, ".",
			refused("kustomization.yaml:2: https://example.invalid/a.yaml")},
		{"a_remote_base_of_a_base", map[string]string{"kustomization.yaml": "resources: [base]\n",
			"base/kustomization.yaml": "resources:\n- github.com/a/b?ref=v1\n"}, ".",
			refused("base/kustomization.yaml:2: github.com/a/b?ref=v1")},
		{"a_remote_component_and_an_ssh_base",
			map[string]string{"kustomization.yaml": "resources: [git@example.invalid:a/b.git]\ncomponents: " +
				"['ssh://git@example.invalid/a/b']\n"}, ".",
			refused("kustomization.yaml:1: git@example.invalid:a/b.git") + "\n" +
				refused("kustomization.yaml:2: ssh://git@example.invalid/a/b")},
		{"a_remote_file_in_a_generator", map[string]string{"kustomization.yaml": "configMapGenerator:\n- name: x\n  files: " +
			"[a=http://example.invalid/x]\n"}, ".",
			refused("kustomization.yaml:3: a=http://example.invalid/x")},
		{"a_remote_patch_in_a_transformer", map[string]string{"kustomization.yaml": "resources: [a.yaml]\ntransformers: " +
			"[t.yaml]\n", "a.yaml": service,
			"t.yaml": "apiVersion: builtin\nkind: PatchTransformer\nmetadata:\n  name: t\npath: https://example.invalid/p\n"},
			".",
			refused("t.yaml:5: https://example.invalid/p")},
		{"a_remote_patch_in_an_inline_transformer",
			map[string]string{"kustomization.yaml": "resources: [a.yaml]\ntransformers:\n- |-\n  apiVersion: builtin\n" +
				"  kind: PatchTransformer\n  metadata:\n    name: t\n  path: https://example.invalid/p\n", "a.yaml": service}, ".",
			refused("kustomization.yaml:8: https://example.invalid/p")},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder(t, test.files)
			_, err := Render(t.Context(), test.dir, Options{})
			if err == nil {
				t.Fatal("it rendered")
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func refused(what string) string {
	return what + " is remote, and nothing is fetched during a deploy; copy it into the repository and name the copy " +
		"here, " +
		"or set the input remote-resources: true"
}
