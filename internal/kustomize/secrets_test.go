package kustomize_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize"
)

const (
	service = "apiVersion: v1\nkind: Service\nmetadata: {name: app}\n"
	// secret has a password where %s is.
	secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
	// shown is what every error about a Secret ends with.
	shown = "; values of Secrets are not shown; correct it, then check with `kustomize build k`"
)

// generate is a kustomization that generates a Secret.
func generate(rest string) string {
	return "resources: [a.yaml]\nsecretGenerator:\n- {name: s, " + rest + "}\n"
}

// repository writes files below a new folder, which becomes the working directory.
func repository(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	writeFile(t, filepath.Join("k", "a.yaml"), service)
	for name, content := range files {
		writeFile(t, filepath.Join("k", name), content)
	}
}

// Each of these made kustomize quote "hunter2", by itself or in a list of all values.
func TestErrors_about_Secrets_name_the_place_only(t *testing.T) {
	for _, test := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"literal_without_key", map[string]string{"kustomization.yaml": generate("literals: [hunter2]")},
			"k/kustomization.yaml:3: the Secret here: a literal is not KEY=VALUE" + shown},
		{"short_literal_without_key", map[string]string{"kustomization.yaml": generate("literals: [h2]")},
			"k/kustomization.yaml:3: the Secret here: a literal is not KEY=VALUE" + shown},
		{"other_literals", map[string]string{"kustomization.yaml": generate("literals: [a=hunter2, x]")},
			"k/kustomization.yaml:3: the Secret here: a literal is not KEY=VALUE" + shown},
		{"key_twice", map[string]string{"kustomization.yaml": generate("literals: [hunter2=x, hunter2=y]")},
			"k/kustomization.yaml:3: the Secret here: a key is given twice" + shown},
		{"value_as_env_file", map[string]string{"kustomization.yaml": generate("envs: [hunter2]")},
			"k/kustomization.yaml:3: the Secret here: a file does not exist" + shown},
		{"value_as_file", map[string]string{"kustomization.yaml": generate("files: [hunter2]")},
			"k/kustomization.yaml:3: the Secret here: a file does not exist" + shown},
		{"value_in_a_file", map[string]string{"kustomization.yaml": generate("files: ['a=b=hunter2']")},
			"k/kustomization.yaml:3: the Secret here: an entry of files is not KEY=PATH" + shown},
		{"value_as_field", map[string]string{"kustomization.yaml": generate("hunter2: x")},
			"k/kustomization.yaml:3: the Secret here: it has a field that kustomize does not know" + shown},
		{"env_file_with_another_bad_line", map[string]string{"kustomization.yaml": generate("envs: [e]"),
			"e": "A=hunter2\nhunter2\xff\n"}, "k/kustomization.yaml:3: the Secret here: a line of an env file is not UTF-8" +
			shown},
		{"generator_file", map[string]string{"kustomization.yaml": "generators: [g.yaml]\n",
			"g.yaml": "apiVersion: builtin\nkind: SecretGenerator\nmetadata: {name: s}\nliterals: [hunter2]\n"},
			"k/g.yaml:1: the Secret here: a literal is not KEY=VALUE" + shown},
		{"inline_generator", map[string]string{"kustomization.yaml": "generators:\n- |-\n  apiVersion: builtin\n  kind: " +
			"SecretGenerator\n  metadata: {name: s}\n  literals: [hunter2]\n"},
			"k/kustomization.yaml:3: the Secret here: a literal is not KEY=VALUE" + shown},
		{"json_patch", map[string]string{"kustomization.yaml": "resources: [s.yaml]\npatches: [{target: {kind: Secret}, " +
			"patch: '[{op: test, path: /stringData/a, value: hunter2}'}]\n",
			"s.yaml": secret}, "k/kustomization.yaml:2: the Secret here: a patch of it is none" + shown},
		{"key_twice_in_a_manifest", map[string]string{"kustomization.yaml": "resources: [s.yaml]\n", "s.yaml": secret +
			"stringData: {hunter2: a, hunter2: b}\n"},
			"k/kustomization.yaml: the rendered Secret s cannot be read: its data are no map of texts, or a key is given " +
				"twice; values of Secrets are not shown; correct its manifest"},
		{"number_as_key", map[string]string{"kustomization.yaml": "resources: [s.yaml]\n", "s.yaml": secret +
			"stringData: {a: hunter2, 12: b}\n"},
			"k/kustomization.yaml: the rendered Secret s cannot be read: its data are no map of texts, or a key is given " +
				"twice; values of Secrets are not shown; correct its manifest"},
		{"value_that_begins_with_a_star", map[string]string{"kustomization.yaml": "resources: [s.yaml]\n", "s.yaml": secret +
			"stringData: {a: *hunter2}\n"}, "k/s.yaml:1: the Secret here: a value that begins with * is not in quotes" + shown},
		{"part_of_a_value", map[string]string{"kustomization.yaml": generate("literals: [a=hunter2]") + "replacements:\n" +
			"- source: {kind: Secret, fieldPath: data.a, options: {delimiter: '-', index: 9}}\n" +
			"  targets: [{select: {kind: Service}, fieldPaths: [metadata.name]}]\n"},
			"k/kustomization.yaml:3: the Secret here: a replacement asks for a part that its value does not have" + shown},
		{"patch_of_whatever_has_a_name", map[string]string{"kustomization.yaml": generate("literals: [a=b]") +
			"patches: [{target: {name: s}, patch: 'hunter2: ['}]\n"},
			"k/kustomization.yaml:4: the patch here, which may be of a Secret: a patch of it is none" + shown},
		{"patch_of_some_kinds", map[string]string{"kustomization.yaml": generate("literals: [a=b]") +
			"patches: [{target: {kind: Config.*|Secret}, patch: '[{op: hunter2, path: /data/a}]'}]\n"},
			"k/kustomization.yaml:4: the patch here, which may be of a Secret: a patch of it is none" + shown},
		{"patch_in_a_file", map[string]string{"kustomization.yaml": generate("literals: [a=b]") +
			"patches: [{target: {kind: Secret}, path: p.yaml}]\n", "p.yaml": "- {op: add, path: " +
			"/data/hunter2, value: {a: hunter2}}\n- {op: remove, path: /data/hunter2/x}\n"},
			"k/kustomization.yaml:4: the Secret here: it does not render" + shown},
		{"a_config_map_keeps_its_error", map[string]string{"kustomization.yaml": "configMapGenerator: [{name: c, literals: " +
			"[abc]}]\n"},
			"k/kustomization.yaml: loading KV pairs: literal sources [abc]: invalid literal source abc, expected key=value; " +
				"correct it, then check with `kustomize build k`"},
	} {
		t.Run(test.name, func(t *testing.T) {
			repository(t, test.files)
			_, err := kustomize.Render(t.Context(), "k", kustomize.Options{})
			if err == nil {
				t.Fatal("it rendered")
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Error("the error contains the value")
			}
		})
	}
}

// What kustomize prints becomes findings, once each, and reaches no standard stream.
func TestNotices_of_kustomize_are_findings(t *testing.T) {
	repository(t, map[string]string{
		"kustomization.yaml": "resources: [s.yaml]\nbases: [base]\nvars:\n- name: |-\n    ::stop-commands::x\n  objref: " +
			"{kind: Secret, name: s, apiVersion: v1}\n  fieldref: {fieldpath: data}\n" +
			"- name: UNUSED\n  objref: {kind: Service, name: app, apiVersion: v1}\n- name: MAP\n  objref: {kind: Secret, " +
			"name: s, apiVersion: v1}\n  fieldref: {fieldpath: data}\n",
		"base/kustomization.yaml": "commonLabels: {a: b}\nresources: [a.yaml]\n", "base/a.yaml": service,
		"s.yaml": secret + "data: {a: hunter2}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: " +
			"[{name: a, args: ['$(MAP)']}]}\n",
	})
	result, err := kustomize.Render(t.Context(), "k", kustomize.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range result.Findings {
		got = append(got, strings.Join([]string{string(f.Code), string(f.Severity), filepath.ToSlash(f.File), f.Message},
			" "))
	}
	want := []string{
		"kustomize-notice warning k/kustomization.yaml The field bases is deprecated.",
		"kustomize-notice warning k/kustomization.yaml The field vars is deprecated.",
		"kustomize-notice warning k/base/kustomization.yaml The field commonLabels is deprecated.",
		"kustomize-notice warning k/kustomization.yaml A var refers to a field that is no text or number, so it is not " +
			"replaced.",
		"kustomize-notice warning k/kustomization.yaml No manifest uses the vars ::stop-commands::x,MAP,UNUSED.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A file of few bytes that YAML's aliases make large is refused before kustomize writes them out.
func TestAliases_are_bounded(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		bomb += strings.NewReplacer("N", string(rune('1'+i)), "M",
			string(rune('0'+i))).Replace("aN: &aN [*aM, *aM, *aM, *aM, *aM, *aM, *aM, *aM, *aM, *aM]\n")
	}
	const refused = "k/b.yaml: its YAML aliases expand to more than a million values; use fewer of them"
	for _, test := range []struct{ name, kustomization, file, want string }{
		{"resource", "resources: [b.yaml]\n", "apiVersion: v1\nkind: X\nmetadata: {name: b}\n" + bomb, refused},
		{"generator", "resources: [a.yaml]\ngenerators: [b.yaml]\n",
			"apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: b}\n" + bomb, refused},
		{"second_document", "resources: [b.yaml]\n", service + "---\napiVersion: v1\nkind: X\nmetadata: {name: b}\n" + bomb,
			refused},
		{"patch", "resources: [a.yaml]\npatches: [{path: b.yaml}]\n",
			"apiVersion: v1\nkind: Service\nmetadata: {name: app}\n" + bomb, refused},
		{"inline_patch", "resources: [a.yaml]\npatches:\n- patch: |-\n    apiVersion: v1\n    kind: Service\n" +
			"    metadata: {name: app}\n    " + strings.ReplaceAll(bomb, "\n", "\n    "), "",
			strings.Replace(refused, "b.yaml", "kustomization.yaml", 1)},
		{"inline_transformer", "resources: [a.yaml]\ntransformers:\n- |-\n  apiVersion: builtin\n  kind: LabelTransformer\n" +
			"  metadata: {name: t}\n  " + strings.ReplaceAll(bomb, "\n", "\n  "), "",
			strings.Replace(refused, "b.yaml", "kustomization.yaml", 1)},
		{"few_aliases", "resources: [b.yaml]\n", "apiVersion: v1\nkind: Service\nmetadata: {name: b, labels: &l {a: " +
			"b}}\nspec: {selector: *l}\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			repository(t, map[string]string{"kustomization.yaml": test.kustomization, "b.yaml": test.file})
			_, err := kustomize.Render(t.Context(), "k", kustomize.Options{})
			got := ""
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Kustomize's time grows with the square of a file's depth: 9,000 levels in 40 KB took it minutes.
func TestDepth_is_bounded(t *testing.T) {
	deep := strings.Repeat("{a: ", 1000) + "x" + strings.Repeat("}", 1000)
	dashes := strings.Repeat("- ", 1000) + "x"
	aliases := "a0: &a0 [x]\n"
	for i := range 600 {
		aliases += fmt.Sprintf("a%d: &a%d [*a%d]\n", i+1, i+1, i)
	}
	const config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n"
	refused := func(file string) string {
		return file + ": its values are nested more than 500 levels deep; no object needs as many"
	}
	for _, test := range []struct{ name, kustomization, file, want string }{
		{"resource", "resources: [b.yaml]\n", config + "data: " + deep + "\n", refused("k/b.yaml")},
		{"dashes", "resources: [b.yaml]\n", config + "data:\n" + dashes + "\n", refused("k/b.yaml")},
		{"aliases", "resources: [b.yaml]\n", config + aliases, refused("k/b.yaml")},
		{"root", "resources: [a.yaml]\nopenapi: " + deep + "\n", "", refused("k/kustomization.yaml")},
		{"patch_in_the_root", "resources: [a.yaml]\npatches:\n- patch: |-\n    " +
			strings.ReplaceAll(config, "\n", "\n    ") + "x: " + deep + "\n", "",
			refused("k/kustomization.yaml")},
		{"wide", "resources: [b.yaml]\n", config + "data: {b: '" + strings.Repeat("[{}]", 400) + "'}\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			repository(t, map[string]string{"kustomization.yaml": test.kustomization, "b.yaml": test.file})
			_, err := kustomize.Render(t.Context(), "k", kustomize.Options{})
			got := ""
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
