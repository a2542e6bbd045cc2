package console_test

import (
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/console"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
)

var update = flag.Bool("update", false, "write the outputs in the pages anew where they differ")

const root = "../../.."

// TestGuide types the guide's commands as a reader would, in a copy of the demos, with the programs of this repository.
func TestGuide(t *testing.T) {
	demos := filepath.Join(root, "testdata", "demo")
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(demos)); err != nil {
		t.Fatal(err)
	}
	walkPage(t, filepath.Join(root, "docs", "guide.md"), console.Walk{
		Dir: copied,
		Env: append(environment(), "PATH="+asked(t)+":"+os.Getenv("PATH"),
			"KUBECONFIG="+filepath.Join(copied, "kubeconfig")),
		// The guide's registry has the port that registries have; here that may be somebody else's.
		Stands:  []string{"127.0.0.1:5000", "127.0.0.1:" + freePort(t)},
		Timeout: 15 * time.Minute,
		Settle:  settle(),
	})
}

// TestReadme types the README's commands in the repository itself.
func TestReadme(t *testing.T) {
	walkPage(t, filepath.Join(root, "README.md"), console.Walk{Dir: root, Env: environment(), Timeout: 15 * time.Minute})
}

// settle is how long the cluster may take to look as the page says. A page that is written anew says nothing yet.
func settle() time.Duration {
	if *update {
		return 5 * time.Second
	}
	return 30 * time.Second
}

// walkPage fails the test where a page's output is not what the command prints, or with -update puts the page right.
func walkPage(t *testing.T, path string, walk console.Walk) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := console.Parse(string(content))
	differences, err := walk.Run(page)
	if err != nil {
		t.Errorf("%s, %v", path, err)
	}
	if *update {
		if err := os.WriteFile(path, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, d := range differences {
		t.Errorf("%s, line %d: the output is another now; if it should be, `go test ./internal/test/console -update` "+
			"writes it anew\n$ %s\nfirst that differs: %s(-page +now):\n%s",
			path, d.Step.Line, d.Step.Command, console.Gap(d.Step.Output, d.Output),
			cmp.Diff(console.Normalize(d.Step.Output), console.Normalize(d.Output)))
	}
}

// environment is this process's, without what tells programs that a runner or a make started them.
func environment() []string {
	var kept []string
	for _, variable := range os.Environ() {
		foreign := false
		for _, prefix := range []string{"GITHUB_", "RUNNER_", "ACTIONS_", "INPUT_", "MAKE", "MFLAGS", "GOFLAGS",
			"CGO_ENABLED", "KUBECONFIG", programs.Built} {
			foreign = foreign || strings.HasPrefix(variable, prefix)
		}
		if !foreign {
			kept = append(kept, variable)
		}
	}
	return append(kept, "LC_ALL=C.UTF-8")
}

// asked returns a folder with the programs that the guide asks for.
func asked(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	build := exec.Command("go", "build", "-o", folder, "./cmd/multiarch-deploy",
		"github.com/google/go-containerregistry/cmd/crane")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	kubectl, err := programs.Kubectl(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := programs.LocalCluster(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(kubectl, filepath.Join(folder, "kubectl")); err != nil {
		t.Fatal(err)
	}
	// The cluster must end with this test, however that ends.
	script := "#!/bin/sh\n[ \"$1\" = up ] && set -- \"$@\" --exit-with-stdin\nexec " + cluster + ` "$@"` + "\n"
	if err := os.WriteFile(filepath.Join(folder, "localcluster"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

// freePort returns a port of four digits, so that columns are as wide as with the guide's, where nothing listens.
func freePort(t *testing.T) string {
	t.Helper()
	for port := 5001; port < 10000; port++ {
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			listener.Close()
			return strconv.Itoa(port)
		}
	}
	t.Fatal("no free port below 10000")
	return ""
}
