package edit

import (
	"fmt"
	"testing"

	"sigs.k8s.io/kustomize/api/types"
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
