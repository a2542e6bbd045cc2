package engine

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
)

// basePin is the digest of the Dockerfile's base.
var basePin = regexp.MustCompile(`(?m)^(FROM .*golang:[0-9.]+)@sha256:[0-9a-f]{64} `)

// readDockerfile returns a repository's Dockerfile with its base named by tag alone: no image that is made here, in
// place of Go's, has the digest of Go's.
func readDockerfile(t testing.TB, repository string) []byte {
	t.Helper()
	pinned, err := os.ReadFile(filepath.Join(repository, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	byTag := basePin.ReplaceAll(pinned, []byte("$1 "))
	if bytes.Equal(byTag, pinned) {
		t.Fatal("the Dockerfile does not name its base by digest")
	}
	return byTag
}

// buildContext is the repository as its .dockerignore leaves it, in a tar archive: what `docker build .` sends.
func buildContext(t testing.TB, repository string) []byte {
	t.Helper()
	ignore, err := os.Open(filepath.Join(repository, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	defer ignore.Close()
	excluded, err := ignorefile.ReadAll(ignore)
	if err != nil {
		t.Fatal(err)
	}
	all, err := fsutil.NewFS(repository)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := fsutil.NewFilterFS(all, &fsutil.FilterOpt{ExcludePatterns: append(excluded, "Dockerfile")})
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	dockerfile := readDockerfile(t, repository)
	first := tar.NewWriter(&archive)
	if err := first.WriteHeader(&tar.Header{Name: "Dockerfile", Mode: 0o644, Size: int64(len(dockerfile))}); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Write(dockerfile); err != nil {
		t.Fatal(err)
	}
	if err := first.Flush(); err != nil { // not Close: other files follow
		t.Fatal(err)
	}
	if err := fsutil.WriteTar(t.Context(), sent, &archive); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}
