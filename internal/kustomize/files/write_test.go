package files

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// folder writes files into a new folder and makes it the working directory.
func folder(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWrite_keeps_mode_and_link(t *testing.T) {
	folder(t, map[string]string{"real/k.yaml": "old"})
	if err := os.Chmod("real/k.yaml", 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real/k.yaml", "kustomization.yaml"); err != nil {
		t.Fatal(err)
	}
	if err := Write("kustomization.yaml", []byte("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat("real/k.yaml")
	if err != nil {
		t.Fatal(err)
	}
	link, _ := os.Readlink("kustomization.yaml")
	left, _ := filepath.Glob("real/*")
	got := []any{load(t, "real/k.yaml"), info.Mode(), link, left}
	if diff := cmp.Diff([]any{"new", os.FileMode(0o640), "real/k.yaml", []string{"real/k.yaml"}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWrite_leaves_an_equal_file_alone(t *testing.T) {
	folder(t, map[string]string{"kustomization.yaml": "same"})
	then := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := os.Chtimes("kustomization.yaml", then, then); err != nil {
		t.Fatal(err)
	}
	if err := Write("kustomization.yaml", []byte("same")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat("kustomization.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !info.ModTime().Equal(then) {
		t.Errorf("modified at %s", info.ModTime())
	}
}

func TestWrite_names_a_missing_file(t *testing.T) {
	folder(t, nil)
	err := Write("kustomization.yaml", nil)
	if err == nil || err.Error() != "writing the kustomization: lstat kustomization.yaml: no such file or directory" {
		t.Errorf("got %v", err)
	}
}

func load(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
