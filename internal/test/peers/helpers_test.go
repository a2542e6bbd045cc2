package peers_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
)

const root = "../../.."

// program is the path of a program in bin, where the Makefile has put it.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, "bin", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: run make build", err)
	}
	return path
}

func kubectl(t testing.TB) string {
	t.Helper()
	path, err := programs.Kubectl(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(text), 0o600))
}
