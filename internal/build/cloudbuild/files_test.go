package cloudbuild_test

import (
	"archive/tar"
	"errors"
	"io"
	"slices"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// files are the contents of an image's files.
func files(t *testing.T, image v1.Image, names ...string) map[string]string {
	t.Helper()
	content := mutate.Extract(image)
	defer content.Close()
	found := map[string]string{}
	for archive := tar.NewReader(content); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(names, header.Name) {
			text, err := io.ReadAll(archive)
			if err != nil {
				t.Fatal(err)
			}
			found[header.Name] = string(text)
		}
	}
}
