// Package engine gives tests this action's own container image, built from the Dockerfile by a Docker engine.
package engine

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
)

// ActionImage gives an engine the action's image for a platform, such as linux/amd64, and returns its name. It is built
// once for each state of the files that it is made of, and then kept in bin/ of the repository.
func ActionImage(t testing.TB, engine buildkit.Engine, platform string) (name string) {
	t.Helper()
	repository := buildkit.Repository(t)
	files := buildContext(t, repository)
	_, cpu, _ := strings.Cut(platform, "/")
	name = "multiarch-deploy-" + cpu + ":test"
	kept := filepath.Join(repository, "bin", fmt.Sprintf("action-%s-%.16x.tar", cpu, sha256.Sum256(files)))
	defer lock(t, kept)()
	archive, err := os.Open(kept)
	if errors.Is(err, fs.ErrNotExist) {
		buildkit.LoadGolang(t, engine)
		build(t, engine, files, platform, name)
		keep(t, engine, name, kept)
		return name
	}
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	loaded, err := engine.ImageLoad(t.Context(), archive)
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	if _, err := io.Copy(io.Discard, loaded); err != nil { // it is loaded when the answer has ended
		t.Fatal(err)
	}
	return name
}

// keep saves an image in a file, in place of those of earlier states of the repository.
func keep(t testing.TB, engine buildkit.Engine, name, file string) {
	t.Helper()
	earlier, err := filepath.Glob(file[:strings.LastIndexByte(file, '-')] + "-*.tar")
	if err != nil {
		t.Fatal(err)
	}
	for _, old := range earlier {
		_ = os.Remove(old)
	}
	saved, err := engine.ImageSave(t.Context(), []string{name})
	if err != nil {
		t.Fatal(err)
	}
	defer saved.Close()
	part, err := os.Create(file + ".part")
	if err != nil {
		t.Fatal(err)
	}
	defer part.Close()
	if _, err := io.Copy(part, saved); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(part.Name(), file); err != nil {
		t.Fatal(err)
	}
}

// lock keeps other test processes from making the same file.
func lock(t testing.TB, file string) (unlock func()) {
	t.Helper()
	mutex := flock.New(filepath.Join(filepath.Dir(file), ".lock-action"))
	if _, err := mutex.TryLockContext(t.Context(), 100*time.Millisecond); err != nil {
		t.Fatalf("waiting for another build: %v", err)
	}
	return func() { _ = mutex.Unlock() }
}
