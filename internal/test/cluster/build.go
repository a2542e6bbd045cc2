package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Build builds cmd/localcluster into bin/localcluster of the repository, unless that is up to date, and returns its
// path. Several processes may call it at once: one builds, the others wait. log receives how far the build is, a line
// every few seconds while it compiles; nil drops that.
func Build(ctx context.Context, log io.Writer) (string, error) {
	return build(ctx, log, "localcluster", ".")
}

// Kubectl builds kubectl of the cluster's own release into bin/kubectl, as Build does, and returns its path.
func Kubectl(ctx context.Context, log io.Writer) (string, error) {
	return build(ctx, log, "kubectl", "k8s.io/kubernetes/cmd/kubectl")
}

func build(ctx context.Context, log io.Writer, name, pkg string) (string, error) {
	root, err := repository(ctx)
	if err != nil {
		return "", err
	}
	module, program := filepath.Join(root, "cmd", "localcluster"), filepath.Join(root, "bin", name)
	// The flags stand in a file because the Makefile builds with them too.
	ldflags, err := os.ReadFile(filepath.Join(module, "ldflags"))
	if err != nil {
		return "", fmt.Errorf("building %s: %w", name, err)
	}
	unlock, err := lock(ctx, filepath.Join(root, "bin"))
	if err != nil {
		return "", fmt.Errorf("building %s: %w", name, err)
	}
	defer unlock()
	c := compilation{
		module: module, flags: []string{"-trimpath", "-tags", "grpcnotrace", "-ldflags", string(ldflags)}, what: name,
		log: log,
	}
	if err := c.program(ctx, program, pkg); err != nil {
		return "", fmt.Errorf("building %s: %w", name, err)
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
