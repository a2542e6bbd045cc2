package buildkit_test

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/build/buildkit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	registryclient "github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

var (
	amd64 = v1.Platform{OS: "linux", Architecture: "amd64"}
	arm64 = v1.Platform{OS: "linux", Architecture: "arm64"}
)

func tag(t *testing.T, text string) name.Tag {
	t.Helper()
	ref, err := name.NewTag(text)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// builder is a Builder at the addresses given, and what it says.
func builder(addresses ...string) (*buildkit.Builder, *journal) {
	b, j := &buildkit.Builder{
		Registry: registryclient.New(registryclient.DefaultOptions()), Keychain: authn.DefaultKeychain, Getenv: os.Getenv,
	}, &journal{}
	for _, address := range addresses {
		b.Endpoints = append(b.Endpoints, build.Endpoint{Address: address})
	}
	b.Progress = j.note
	return b, j
}

// journal keeps what is said.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) note(e progress.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch e := e.(type) {
	case progress.StepStarted:
		j.lines = append(j.lines, "START "+e.Title)
	case progress.StepFinished:
		j.lines = append(j.lines, "FINISH")
	case progress.Message:
		j.lines = append(j.lines, e.Text)
	}
}

func (j *journal) text() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.lines, "\n")
}

// folder writes files into a new folder. BASE in them is the base image.
func folder(t *testing.T, host string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for path, content := range files {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(content, "BASE", host+"/base")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// spec builds context for both platforms and pushes host/NAME:1.
func spec(t *testing.T, host, image, context string) build.Spec {
	t.Helper()
	return build.Spec{
		Name: image, Reference: tag(t, host+"/"+image+":1"), Platforms: []v1.Platform{amd64, arm64},
		Dockerfile: build.Dockerfile{Context: context},
	}
}

// mustBuild builds one image and returns its index as the registry has it.
func mustBuild(t *testing.T, b *buildkit.Builder, s build.Spec) v1.ImageIndex {
	t.Helper()
	digests, err := b.Build(t.Context(), []build.Spec{s})
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(s.Reference)
	if err != nil {
		t.Fatal(err)
	}
	if digest, err := index.Digest(); err != nil || digest != digests[0] {
		t.Fatalf("%s holds %s (%v), but Build returned %s", s.Reference, digest, err, digests[0])
	}
	return index
}

// child is the image of a platform in an index.
func child(t *testing.T, index v1.ImageIndex, platform v1.Platform) v1.Image {
	t.Helper()
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range manifest.Manifests {
		if entry.Platform != nil && entry.Platform.Equals(platform) {
			image, err := index.Image(entry.Digest)
			if err != nil {
				t.Fatal(err)
			}
			return image
		}
	}
	t.Fatalf("the index has no entry for %s: %v", platform, manifest.Manifests)
	return nil
}

// files are the regular files of an image below a folder, by path.
func files(t *testing.T, image v1.Image, below string) map[string]string {
	t.Helper()
	found := map[string]string{}
	reader := mutate.Extract(image)
	defer reader.Close()
	archive := tar.NewReader(reader)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if path, ok := strings.CutPrefix(header.Name, below+"/"); ok && header.Typeflag == tar.TypeReg {
			content, err := io.ReadAll(archive)
			if err != nil {
				t.Fatal(err)
			}
			found[path] = strings.TrimSpace(string(content))
		}
	}
}
