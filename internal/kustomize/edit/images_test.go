package edit

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/golden"
)

// A case is a folder: images (one image per line, NAME NEWNAME TAG DIGEST, "-" for none) and in.yaml, with either
// out.yaml and edits.json or error.txt.
func TestSetImages(t *testing.T) {
	cases, err := filepath.Glob("testdata/set/*/in.yaml")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, in := range cases {
		dir := filepath.Dir(in)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			content := load(t, in)
			images := readImages(t, dir)
			edited, edits, err := SetImages("kustomization.yaml", []byte(content), images)
			if err != nil {
				golden.Check(t, filepath.Join(dir, "error.txt"), err.Error()+"\n")
				return
			}
			golden.Check(t, filepath.Join(dir, "out.yaml"), string(edited))
			golden.Check(t, filepath.Join(dir, "edits.json"), describe(t, edits))
			if again, edits, err := SetImages("kustomization.yaml", edited, images); err != nil || edits != nil ||
				string(again) != string(edited) {
				t.Errorf("setting the same images again is an edit: %v, %v", edits, err)
			}
		})
	}
}

func readImages(t *testing.T, dir string) []types.Image {
	t.Helper()
	var images []types.Image
	for _, line := range strings.Split(strings.TrimSpace(load(t, filepath.Join(dir, "images"))), "\n") {
		fields := strings.Fields(strings.ReplaceAll(line, " -", " \"\""))
		for i := range fields {
			fields[i] = strings.Trim(fields[i], `"`)
		}
		fields = append(fields, "", "", "")
		images = append(images, types.Image{Name: fields[0], NewName: fields[1], NewTag: fields[2], Digest: fields[3]})
	}
	return images
}

func describe(t *testing.T, edits []Change) string {
	t.Helper()
	type lined struct {
		Change
		Line int `json:"line"`
	}
	var rows []lined
	for _, e := range edits {
		rows = append(rows, lined{e, e.Line})
	}
	data, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data) + "\n"
}

func load(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
