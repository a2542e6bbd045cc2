package ci_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// What is named by digest, commit or version stays as old as it is, with its faults, unless somebody proposes newer.
func TestDependabot_looks_at_all_that_is_pinned(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, ".github", "dependabot.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Updates []struct {
			Ecosystem   string   `yaml:"package-ecosystem"`
			Directory   string   `yaml:"directory"`
			Directories []string `yaml:"directories"`
		} `yaml:"updates"`
	}
	if err := yaml.Unmarshal(content, &config); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, update := range config.Updates {
		folders := slices.Concat(got[update.Ecosystem], update.Directories)
		if update.Directory != "" {
			folders = append(folders, update.Directory)
		}
		got[update.Ecosystem] = folders
	}
	want := map[string][]string{"docker": {"/"}, "github-actions": {"/"}, "gomod": goModules(t)}
	for ecosystem, folders := range want {
		slices.Sort(got[ecosystem])
		if !slices.Equal(got[ecosystem], folders) {
			t.Errorf("dependabot.yml has %s in %q; write %q", ecosystem, got[ecosystem], folders)
		}
	}
}

// A tag of a base can be moved to another image by whoever holds its repository.
func TestDockerfile_names_its_base_by_digest(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range regexp.MustCompile(`(?m)^FROM .*$`).FindAllString(string(content), -1) {
		if !regexp.MustCompile(`^FROM (scratch|.*:[\w.]+@sha256:[0-9a-f]{64} AS \w+)$`).MatchString(from) {
			t.Errorf("%s; write NAME:TAG@sha256:DIGEST", from)
		}
	}
}

// goModules are the folders of the modules of this repository, sorted, but for those that tests are made of.
func goModules(t *testing.T) (folders []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == ".git" || entry.Name() == "bin"):
			return fs.SkipDir
		case entry.Name() == "go.mod":
			folder := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), root)
			folders = append(folders, "/"+strings.TrimPrefix(folder, "/"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(folders)
	return folders
}
