// Package programs builds this repository's programs, and kubectl, for tests and for the demo.
package programs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// Built names the variable that holds a folder with all programs, built a moment ago. make sets it for the tests that
// follow: go build takes seconds for each test binary only to see that thousands of packages are up to date.
const Built = "BUILT_PROGRAMS"

// MultiarchDeploy builds the program that users run into bin/multiarch-deploy-test of the repository, unless that is up
// to date, and returns its path. Several processes may call it at once: one builds, the others wait. log receives how
// far the build is, a line every few seconds while it compiles; nil drops that.
func MultiarchDeploy(ctx context.Context, log io.Writer) (string, error) {
	return build(ctx, log, target{file: "multiarch-deploy-test", pkg: "./cmd/multiarch-deploy"})
}

// LocalCluster builds cmd/localcluster into bin/localcluster, as MultiarchDeploy does, and returns its path.
func LocalCluster(ctx context.Context, log io.Writer) (string, error) {
	return build(ctx, log, target{file: "localcluster", pkg: ".", module: "cmd/localcluster"})
}

// Kubectl builds kubectl of the cluster's own release into bin/kubectl, as MultiarchDeploy does, and returns its path.
func Kubectl(ctx context.Context, log io.Writer) (string, error) {
	return build(ctx, log, target{file: "kubectl", pkg: "k8s.io/kubernetes/cmd/kubectl", module: "cmd/localcluster"})
}

// Path returns the path of the program that users run, which it builds as MultiarchDeploy does.
func Path(t testing.TB) string {
	t.Helper()
	path, err := MultiarchDeploy(context.Background(), nil) // a test that ends early leaves a whole program behind
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// target is a program to build: its file in bin, its package, and the folder of its module in the repository.
type target struct{ file, pkg, module string }

// built holds the paths of the targets that this process has built.
var built sync.Map

// build builds a target once a process.
func build(ctx context.Context, log io.Writer, t target) (string, error) {
	if path, ok := built.Load(t); ok {
		return path.(string), nil
	}
	path, err := find(ctx, log, t)
	if err != nil {
		return "", fmt.Errorf("building %s: %w", t.file, err)
	}
	built.Store(t, path)
	return path, nil
}

// find returns the path of a target that is up to date.
func find(ctx context.Context, log io.Writer, t target) (string, error) {
	if folder := os.Getenv(Built); folder != "" {
		// Looked at, so that go test knows that the test depends on it.
		if _, err := os.Stat(filepath.Join(folder, t.file)); err == nil {
			return filepath.Join(folder, t.file), nil
		}
	}
	root, err := repository(ctx)
	if err != nil {
		return "", err
	}
	module := filepath.Join(root, t.module)
	ldflags := []byte("-s -w")
	if t.module != "" { // they stand in a file because the Makefile builds with them too
		if ldflags, err = os.ReadFile(filepath.Join(module, "ldflags")); err != nil {
			return "", err
		}
	}
	unlock, err := lock(ctx, filepath.Join(root, "bin"))
	if err != nil {
		return "", err
	}
	defer unlock()
	c := compilation{
		module: module, what: t.file, log: log,
		flags: []string{"-trimpath", "-tags", "grpcnotrace", "-ldflags", string(ldflags)},
	}
	program := filepath.Join(root, "bin", t.file)
	if err := c.program(ctx, program, t.pkg); err != nil {
		return "", err
	}
	return program, nil
}

// lock keeps other processes from building into dir. Two builds at once would each compile everything.
func lock(ctx context.Context, dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	file := flock.New(filepath.Join(dir, ".lock"))
	if _, err := file.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return nil, fmt.Errorf("waiting for another build: %w", err)
	}
	return func() { _ = file.Unlock() }, nil
}

// repository returns the directory of the repository, from anywhere in it.
func repository(ctx context.Context) (string, error) {
	const module = "github.com/multiarch-deploy/multiarch-deploy"
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	if err != nil {
		return "", fmt.Errorf("finding the repository: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
