package renderer

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// folder writes files, and returns the request to render them.
func folder(t *testing.T, files map[string]string) Request {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const root = "kustomization.yaml"
	return Request{Path: filepath.Join(dir, root), Content: []byte(files[root])}
}

// imageEntries are n entries of images.
func imageEntries(n int) string {
	entries := "images:\n"
	for i := range n {
		entries += fmt.Sprintf("- {name: registry/app%d, newName: ghcr.io/me/app%d, newTag: v1}\n", i, i)
	}
	return entries
}

// With as many entries as ask for a pass of its own, origins are the same.
func TestRun_finds_the_origins_of_objects_that_many_entries_changed(t *testing.T) {
	rendered := func(entries string) (sources []string) {
		request := folder(t, map[string]string{
			"kustomization.yaml": "namePrefix: a-\nresources: [base, app.yaml]\nconfigMapGenerator: [{name: c}]\n" +
				"buildMetadata: [managedByLabel]\npatches: [{patch: '{apiVersion: v1, kind: Service, metadata: {name: gone}, " +
				"$patch: delete}'}]\n" + entries,
			"app.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: gone}\n---\n" +
				"apiVersion: v1\nkind: Service\nmetadata: {name: app}\n",
			"base/kustomization.yaml": "resources: [pod.yaml]\n" + entries,
			"base/pod.yaml": "\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\n" +
				"spec: {containers: [{name: c, image: registry/app1}]}\n",
		})
		response, err := Run(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range response.Objects {
			file, _ := filepath.Rel(filepath.Dir(request.Path), o.Source.File)
			sources = append(sources, fmt.Sprintf("%s %s:%d %v", o.GetKind(), file, o.Source.Line, o.GetAnnotations()))
		}
		return sources
	}
	if diff := cmp.Diff(rendered(imageEntries(2)), rendered(imageEntries(20))); diff != "" {
		t.Error(diff)
	}
}

func TestRun_ends_what_takes_too_much_memory(t *testing.T) {
	request := folder(t, map[string]string{"kustomization.yaml": "resources: [app.yaml]\n",
		"app.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\na: &a [" + strings.Repeat("x,", 900) + "]\nb: [" +
			strings.Repeat("*a,", 1000) + "]\n"})
	request.Memory = 96 << 20
	_, err := Run(t.Context(), request)
	want := request.Path + ": rendering it needs more than 96 MiB of memory; split the kustomization, and deploy " +
		"each part by itself"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
