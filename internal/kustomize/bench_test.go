package kustomize

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func BenchmarkSetImages(b *testing.B) {
	content := "resources:\n- app.yaml\nimages:\n"
	var images []types.Image
	for i := range 50 {
		content += fmt.Sprintf("- name: registry/app-%d # app\n  newName: old.io/app-%d\n  newTag: latest\n", i, i)
		images = append(images, types.Image{Name: fmt.Sprintf("registry/app-%d", i), NewName: "r.io/app", NewTag: "4f2a9c1"})
	}
	for b.Loop() {
		if _, edits, err := SetImages("kustomization.yaml", []byte(content), images); err != nil || len(edits) != 50 {
			b.Fatal(len(edits), err)
		}
	}
}

// BenchmarkRender1000 renders 1,000 objects from 20 files, with 4 images to set.
func BenchmarkRender1000(b *testing.B) {
	dir := b.TempDir()
	kustomization := "namespace: shop\nimages:\n- {name: registry/app, newTag: v2}\n- {name: registry/migrate, newTag: v2}\n" +
		"- {name: registry/x, newTag: v2}\n- {name: registry/z, newTag: v2}\nresources:\n"
	for file := range 20 {
		var text strings.Builder
		for i := range 25 {
			name := fmt.Sprintf("name: web-%d-%d\n", file, i)
			text.WriteString("---\n" + strings.Replace(deployment, "name: web\n", name, 1) + "---\n" + strings.Replace(service, "name: web\n", name, 1))
		}
		name := fmt.Sprintf("objects-%d.yaml", file)
		kustomization += "- " + name + "\n"
		write(b, filepath.Join(dir, name), text.String())
	}
	write(b, filepath.Join(dir, "kustomization.yaml"), kustomization)
	b.Run("render", func(b *testing.B) {
		for b.Loop() {
			if objects, err := Render(dir, RenderOptions{}); err != nil || len(objects) != 1000 {
				b.Fatal(len(objects), err)
			}
		}
	})
	b.Run("kustomize_alone", func(b *testing.B) { // what finding the origins is measured against
		for b.Loop() {
			if _, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func write(b *testing.B, path, content string) {
	b.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		b.Fatal(err)
	}
}
