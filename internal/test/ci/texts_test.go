package ci_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// block is a fenced YAML block of a Markdown file.
	block = regexp.MustCompile("(?ms)^```ya?ml\n(.*?)^```$")
	// release is how others name this action. In a check it is the one that lies here.
	release = regexp.MustCompile(`multiarch-deploy/multiarch-deploy@\S+`)
)

func TestWorkflows_in_texts_pass_actionlint(t *testing.T) {
	checked := 0
	for _, path := range texts(t) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, found := range block.FindAllSubmatch(content, -1) {
			if text := string(found[1]); strings.Contains(text, "uses:") {
				lint(t, fmt.Sprintf("%s, workflow block %d", path, i+1), []byte(whole(text)))
				checked++
			}
		}
	}
	if checked == 0 {
		t.Error("no text shows a workflow; is the expression for blocks still right?")
	}
}

// whole makes a workflow of a part that a text shows.
func whole(part string) string {
	part = release.ReplaceAllString(part, "./")
	if !strings.Contains(part, "jobs:") {
		part = "jobs:\n  shown:\n    runs-on: ubuntu-latest\n    steps:\n" + part
	}
	if !strings.HasPrefix(part, "on:") && !strings.Contains(part, "\non:") {
		part = "on: push\n" + part
	}
	return part
}

func texts(t *testing.T) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == ".git" {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}
