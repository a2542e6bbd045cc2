package engine

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
)

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
	sent, err := fsutil.NewFilterFS(all, &fsutil.FilterOpt{ExcludePatterns: append(excluded, "!Dockerfile")})
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := fsutil.WriteTar(t.Context(), sent, &archive); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}
