package kustomize_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize"
)

// A set of many objects is rendered in parts, which must make what kustomize makes of the whole.
func TestRender_of_many_files_is_kustomize_build(t *testing.T) {
	const accounts = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: deployer}\n---\n"
	const bindings = `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}
subjects: [{kind: ServiceAccount, name: deployer}, {kind: ServiceAccount, name: elsewhere, namespace: other}]
---
`
	const hook = `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: hook}
webhooks: [{name: a.example.com, clientConfig: {service: {name: app-3, namespace: default}}}]
---
`
	const perFile = 21
	for _, test := range []struct {
		name, root string
		first      map[int]string // before the objects of a file
	}{
		{name: "namespace_and_images", root: "namespace: shop"},
		{name: "labels", root: "labels: [{pairs: {team: a}, includeSelectors: true}]\ncommonAnnotations: {note: b}"},
		{name: "roles", root: "namespace: shop", first: map[int]string{1: accounts, 2: bindings}},
		{name: "roles_far_apart", root: "namespace: shop", first: map[int]string{0: accounts, 5: bindings}},
		{name: "webhooks", root: "namespace: shop", first: map[int]string{4: hook}},
		{name: "one_object_twice", root: "namespace: shop", first: map[int]string{0: accounts, 5: accounts}},
		{name: "two_that_become_one", root: "namespace: shop",
			first: map[int]string{0: accounts, 5: strings.Replace(accounts, "deployer", "deployer, namespace: b", 1)}},
		{name: "a_prefix", root: "namePrefix: a-\nnamespace: shop"},
		{name: "an_object_that_is_not_rendered", root: "namespace: shop", first: map[int]string{3: strings.Replace(accounts,
			"deployer", `deployer, annotations: {config.kubernetes.io/local-config: "true"}`, 1)}},
		{name: "a_namespace_that_is_renamed", root: "namespace: shop", first: map[int]string{2: "apiVersion: v1\n" +
			"kind: Namespace\nmetadata: {name: other}\n---\n"}},
		{name: "a_list", root: "namespace: shop", first: map[int]string{1: "apiVersion: v1\nkind: List\nitems:\n" +
			"- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: first-of-list}\n" +
			"- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: second-of-list}\n---\n"}},
		{name: "an_error", root: "namespace: shop", first: map[int]string{3: "kind: {\n---\n"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			root := test.root + "\nresources:\n"
			for file := range 6 { // three parts
				var text strings.Builder
				text.WriteString(test.first[file])
				for i := range perFile {
					text.WriteString(fmt.Sprintf("---\n%s", object(file*perFile+i)))
				}
				name := fmt.Sprintf("objects-%d.yaml", file)
				root += "- " + name + "\n"
				write(t, filepath.Join(dir, name), strings.TrimPrefix(text.String(), "---\n"))
			}
			write(t, filepath.Join(dir, "kustomization.yaml"), root)
			compare(t, dir, references)
			if result, err := kustomize.Render(t.Context(), dir, kustomize.Options{}); err == nil {
				checkSources(t, result.Objects)
			}
		})
	}
}

// checkSources looks for the name of each object in its document, from the line of its source.
func checkSources(t *testing.T, objects []kustomize.Object) {
	t.Helper()
	for _, o := range objects {
		content, err := os.ReadFile(o.Source.File)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(content), "\n")
		document, _, _ := strings.Cut(strings.Join(lines[o.Source.Line-1:], "\n"), "\n---")
		item, _, _ := strings.Cut(document, "\n- ") // of a list
		if o.GetKind() != "Namespace" && !strings.Contains(item, strings.TrimPrefix(o.GetName(), "a-")) {
			t.Errorf("%s %s is said to be in %s:%d, where there is\n%s", o.GetKind(), o.GetName(), o.Source.File, o.Source.Line,
				item)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
