package internal_test

import (
	"go/ast"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// engines is the build tag of what `make test-engines` runs: tests that need programs besides Go's, and root.
const engines = "engines"

func TestTests_that_need_engines_have_the_build_tag(t *testing.T) {
	for path, file := range sources(t) {
		if !strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, imported := range file.Imports {
			support := strings.TrimPrefix(strings.Trim(imported.Path.Value, `"`), module+"/internal/test/")
			if (support == "buildkit" || support == "engine") && !hasTag(file) {
				t.Errorf("%s imports %s and lacks `//go:build %s`; `go test ./...` runs what Go alone can run, as any user",
					path, imported.Path.Value, engines)
			}
		}
	}
}

func TestCode_with_the_build_tag_compiles(t *testing.T) {
	vet := exec.Command("go", "vet", "-tags=grpcnotrace,"+engines, "./...")
	vet.Dir, vet.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := vet.CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", vet, err, out)
	}
}

func hasTag(file *ast.File) bool {
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if comment.Text == "//go:build "+engines {
				return true
			}
		}
	}
	return false
}
