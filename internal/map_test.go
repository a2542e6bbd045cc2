package internal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMap_names_every_package(t *testing.T) {
	content, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	isBetween := func(r rune) bool { return strings.ContainsRune(" \t\n,;:()", r) }
	for word := range strings.FieldsFuncSeq(string(content), isBetween) {
		named[word] = true
	}
	for path := range sources(t) {
		name := filepath.ToSlash(filepath.Dir(strings.TrimPrefix(filepath.ToSlash(path), "../internal/")))
		if isBelow(path, "internal") && name != "." && !strings.Contains(name, "testdata") &&
			!named[name] {
			named[name] = true // once is enough
			t.Errorf("doc.go does not name %s; it is the map that a newcomer reads first", name)
		}
	}
}
