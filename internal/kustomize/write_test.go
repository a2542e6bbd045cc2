package kustomize

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFind(t *testing.T) {
	folder(t, map[string]string{"a/kustomization.yaml": "", "b/kustomization.yml": "", "c/Kustomization": "", "none/x.yaml": "",
		"two/kustomization.yaml": "", "two/Kustomization": "", "dir/kustomization.yaml/x": ""})
	for _, test := range []struct{ name, dir, want, err string }{
		{"yaml", "a", "a/kustomization.yaml", ""},
		{"yml", "b", "b/kustomization.yml", ""},
		{"without_extension", "c/", "c/Kustomization", ""},
		{"the_file_itself", "./b/kustomization.yml", "./b/kustomization.yml", ""},
		{"none", "none", "", "no kustomization in folder none: there is no kustomization.yaml, kustomization.yml or Kustomization; " +
			"name the right folder in the input kustomization, or run `kustomize create --autodetect` there"},
		{"a_folder_of_that_name", "dir", "", "no kustomization in folder dir: there is no kustomization.yaml, kustomization.yml or Kustomization; " +
			"name the right folder in the input kustomization, or run `kustomize create --autodetect` there"},
		{"two", "two", "", "folder two holds 2 kustomizations (kustomization.yaml, Kustomization): kustomize reads only one; remove the others"},
		{"no_folder", "nowhere", "", "looking for the kustomization: stat nowhere: no such file or directory; name its folder in the input kustomization"},
		{"another_file", "none/x.yaml", "", "none/x.yaml is not a kustomization: kustomize reads files named kustomization.yaml, kustomization.yml or Kustomization only; " +
			"name the folder that holds one"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Find(test.dir)
			text := ""
			if err != nil {
				text = err.Error()
			}
			if diff := cmp.Diff([]string{test.want, test.err}, []string{got, text}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWriteKeepsModeAndLink(t *testing.T) {
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

func TestWriteLeavesAnEqualFileAlone(t *testing.T) {
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

func TestWriteNamesAMissingFile(t *testing.T) {
	folder(t, nil)
	err := Write("kustomization.yaml", nil)
	if err == nil || err.Error() != "writing the kustomization: lstat kustomization.yaml: no such file or directory" {
		t.Errorf("got %v", err)
	}
}
