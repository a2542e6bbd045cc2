package kustomize

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

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
			if result, err := Render(b.Context(), dir, Options{}); err != nil || len(result.Objects) != 1000 {
				b.Fatal(err)
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
