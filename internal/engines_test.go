package internal_test

import (
	"go/ast"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// Go list -export compiles, and links nothing; go vet would look at all that the packages import, Kubernetes too.
func TestCode_with_the_build_tag_compiles(t *testing.T) {
	folders := map[string]bool{}
	for path, file := range sources(t) {
		if hasTag(file) && !isBelow(path, "internal/test/ci") && !isBelow(path, "cmd/localcluster") { // other modules
			folders["./"+filepath.ToSlash(filepath.Dir(strings.TrimPrefix(path, root+string(filepath.Separator))))] = true
		}
	}
	arguments := slices.Sorted(maps.Keys(folders))
	if len(arguments) == 0 {
		t.Fatalf("no file has the build tag %s", engines)
	}
	arguments = append([]string{"list", "-test", "-export", "-tags=grpcnotrace," + engines}, arguments...)
	compile := exec.Command("go", arguments...)
	compile.Dir, compile.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", compile, err, out)
	}
}

func hasTag(file *ast.File) bool {
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if comment.Text == "//go:build "+engines || strings.HasPrefix(comment.Text, "//go:build "+engines+" && ") {
				return true
			}
		}
	}
	return false
}
