package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	root   = ".."
	module = "github.com/multiarch-deploy/multiarch-deploy"
)

func TestEvery_package_says_in_a_comment_what_it_owns(t *testing.T) {
	commented := map[string]bool{}
	for path, file := range sources(t) {
		folder := filepath.Dir(path)
		commented[folder] = commented[folder] || file.Doc != nil
	}
	for folder, ok := range commented {
		if !ok {
			t.Errorf("%s: no file has a package comment; a newcomer learns from it what the package owns", folder)
		}
	}
}

func TestOnly_main_packages_touch_the_process(t *testing.T) {
	process := map[string]bool{"Getenv": true, "LookupEnv": true, "Stdin": true, "Stdout": true, "Stderr": true,
		"Exit": true}
	for path, file := range sources(t) {
		if file.Name.Name == "main" || strings.HasSuffix(path, "_test.go") || isTestSupport(path) || isProgram(path) {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if ok && process[selector.Sel.Name] && isIdent(selector.X, "os") {
				t.Errorf("%s: os.%s; what a function touches comes in as a field or argument, so that tests can give their own",
					path, selector.Sel.Name)
			}
			return true
		})
	}
}

// isTestSupport reports packages that start programs for the demo and the tests; they are not part of the program.
func isTestSupport(path string) bool {
	return strings.Contains(filepath.ToSlash(path), "internal/test/cluster/") ||
		strings.Contains(filepath.ToSlash(path), "internal/test/programs/")
}

// isProgram reports files of the programs that this one starts under other names, its worker and its renderer: their
// main functions, and what takes hold of their standard streams.
func isProgram(path string) bool {
	if strings.Contains(filepath.ToSlash(path), "cmd/multiarch-deploy/supervisor/") {
		return true
	}
	files := []string{"renderer/main.go", "sandbox/gitgate.go", "sandbox/capture.go"}
	return slices.ContainsFunc(files, func(name string) bool { return isBelow(path, "internal/kustomize/"+name) })
}

func TestStages_do_not_import_one_another(t *testing.T) {
	stages := []string{"image", "kustomize", "placement", "apply", "rollout", "diagnose", "build", "gitops"}
	for path, file := range sources(t) {
		stage := firstFolder(path)
		if !slices.Contains(stages, stage) || strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, imported := range file.Imports {
			other, ours := strings.CutPrefix(strings.Trim(imported.Path.Value, `"`), module+"/internal/")
			other, _, _ = strings.Cut(other, "/")
			if ours && other != stage && slices.Contains(append(stages, "action", "report", "inputs", "runner"), other) {
				t.Errorf("%s imports %s; stages share values, and only action knows them all", path, other)
			}
		}
	}
}

func TestProduct_packages_do_not_import_test_packages(t *testing.T) {
	const support = module + "/internal/test/"
	for path, file := range sources(t) {
		if strings.HasSuffix(path, "_test.go") || isBelow(path, "internal/test") || isBelow(path, "cmd/demo") {
			continue
		}
		for _, imported := range file.Imports {
			if strings.HasPrefix(strings.Trim(imported.Path.Value, `"`), support) {
				t.Errorf("%s imports %s; what represents the world in tests is no part of the product", path, imported.Path.Value)
			}
		}
	}
}

// isBelow reports whether a path from this folder is below a folder of the repository.
func isBelow(path, folder string) bool {
	relative, err := filepath.Rel(filepath.Join(root, filepath.FromSlash(folder)), path)
	return err == nil && filepath.IsLocal(relative)
}

func TestRoot_module_replaces_nothing(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(content), "replace ") {
		t.Error("go.mod: `go install " + module + "/cmd/multiarch-deploy@latest` refuses a module that replaces others")
	}
}

func TestThe_program_stays_light(t *testing.T) {
	heavy := map[string]string{
		"k8s.io/kubernetes":                    "the control plane belongs to the local cluster's own module",
		"k8s.io/kubectl":                       "client-go and kstatus do what is needed",
		"helm.sh/helm":                         "manifests come from kustomize",
		"github.com/docker/docker":             "registries are spoken to directly",
		"github.com/docker/cli/cli/command":    "only the config file of docker is read",
		"cloud.google.com/go":                  "the REST clients of google.golang.org/api are a tenth of its size",
		"go.opencensus.io":                     "OpenTelemetry, which BuildKit's client links, has replaced it",
		"github.com/spf13/viper":               "flags and INPUT_ variables are all there is to configure",
		"net/http/pprof":                       "a container action has nothing to profile from outside",
		"github.com/distribution/distribution": "a registry is what tests push to",
		"testing":                              "test helpers stay out of the program",
	}
	light := map[string]string{
		"cloud.google.com/go/auth":             "google.golang.org/api signs in with it where nobody else does; 0.1 MB",
		"cloud.google.com/go/compute/metadata": "the same",
		"k8s.io/kubernetes/pkg/scheduler":      "the plan is what the scheduler's own plugins say; 2 MB",
		"k8s.io/kubernetes/pkg/api/v1/pod":     "the plugins use it",
		"k8s.io/kubernetes/pkg/apis/core":      "the same",
		"k8s.io/kubernetes/pkg/features":       "the same",
	}
	out, err := exec.Command("go", "list", "-deps", module+"/cmd/multiarch-deploy").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for dep := range strings.Lines(string(out)) {
		dep = strings.TrimSpace(dep)
		if below(dep, light) != "" {
			continue
		}
		if reason := below(dep, heavy); reason != "" {
			t.Errorf("the program links %s: %s", dep, reason)
		}
	}
}

// below returns the reason that a list has for a package or for one above it; "" where the list has none.
func below(dep string, list map[string]string) string {
	for listed, reason := range list {
		if dep == listed || strings.HasPrefix(dep, listed+"/") {
			return reason
		}
	}
	return ""
}

func TestOnly_the_scheduler_comes_from_Kubernetes_itself(t *testing.T) {
	const kubernetes, scheduler = "k8s.io/kubernetes/", "k8s.io/kubernetes/pkg/scheduler/"
	for path, file := range sources(t) {
		if strings.HasPrefix(filepath.ToSlash(path), root+"/cmd/localcluster/") {
			continue // the control plane, a module of its own
		}
		for _, imported := range file.Imports {
			name := strings.Trim(imported.Path.Value, `"`)
			if strings.HasPrefix(name, kubernetes) && !strings.HasPrefix(name, scheduler) {
				t.Errorf("%s imports %s; k8s.io/kubernetes promises no API, so only the scheduler's plugins are worth it", path,
					name)
			}
		}
	}
}

// sources returns every Go file outside testdata, parsed.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	files, err := parseAll()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// parseAll parses once, for all tests; none of them changes what it gets.
var parseAll = sync.OnceValues(func() (map[string]*ast.File, error) {
	files := map[string]*ast.File{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && skipped(entry.Name()):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		files[path] = file
		return err
	})
	return files, err
})

func skipped(name string) bool {
	return name == "testdata" || name == "bin" || strings.HasPrefix(name, ".")
}

func firstFolder(path string) string {
	relative, err := filepath.Rel(filepath.Join(root, "internal"), path)
	if err != nil {
		return ""
	}
	folder, _, _ := strings.Cut(filepath.ToSlash(relative), "/")
	return folder
}

func isIdent(x ast.Expr, name string) bool {
	ident, ok := x.(*ast.Ident)
	return ok && ident.Name == name
}
