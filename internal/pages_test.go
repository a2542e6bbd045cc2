package internal_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// pages are the texts for people.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "testdata/demo/*/*.md"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			found[path] = string(content)
		}
	}
	return found
}

var (
	block = regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$")
	link  = regexp.MustCompile(`\]\(([^)\s]*)\)`)
	title = regexp.MustCompile(`(?m)^#+ (.+)$`)
	// unspoken is what GitHub leaves out of a heading's anchor.
	unspoken = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

func TestPages_say_of_each_block_what_it_is(t *testing.T) {
	known := []string{"console", "sh", "yaml", "hcl", "json", "text", "mermaid"}
	for path, page := range pages(t) {
		for _, b := range block.FindAllStringSubmatch(page, -1) {
			language, _, _ := strings.Cut(b[1], " ")
			if !slices.Contains(known, language) {
				t.Errorf("%s: a block is of the language %q, want one of %q; console is run by a test, sh is not:\n%s", path,
					language, known, b[2])
			}
			if language == "yaml" {
				parseYAML(t, path, b[2])
			}
		}
	}
}

func parseYAML(t *testing.T, path, text string) {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var document any
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Errorf("%s: a block is no YAML: %v\n%s", path, err, text)
			return
		}
	}
}

func TestREADME_is_short(t *testing.T) {
	const most = 300
	content, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(content), "\n"); lines > most {
		t.Errorf("README.md has %d lines, %d at most; what a stranger does not need first belongs in docs", lines, most)
	}
}

func TestPages_link_to_what_is_there(t *testing.T) {
	all := pages(t)
	for path, page := range all {
		for _, l := range link.FindAllStringSubmatch(block.ReplaceAllString(page, ""), -1) {
			if strings.Contains(l[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(l[1], "#")
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", path, l[1])
			} else if anchor != "" && !slices.Contains(anchors(all[target]), anchor) {
				t.Errorf("%s links to %s, and no heading there has that anchor", path, l[1])
			}
		}
	}
}

// anchors are the names that GitHub gives to a page's headings.
func anchors(page string) []string {
	var names []string
	for _, heading := range title.FindAllStringSubmatch(block.ReplaceAllString(page, ""), -1) {
		name := unspoken.ReplaceAllString(strings.ToLower(heading[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}
