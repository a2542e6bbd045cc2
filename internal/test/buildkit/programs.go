// Package buildkit runs real builders for tests: BuildKit, built from its own module beside this package's parent,
// and the Docker engine of the machine. A test fails, and says what to do, where something they need is missing.
package buildkit

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// setup is what installs the programs that are not built here.
const setup = "internal/test/buildkit/setup.sh"

// build makes the programs of a module below testdata in bin/ of the repository, unless they are up to date, and
// returns that folder.
func build(t testing.TB, module string, flags ...string) (bin string) {
	t.Helper()
	root := Repository(t)
	bin = filepath.Join(root, "bin")
	defer lock(t, bin)()
	args := append([]string{"build", "-C", filepath.Join(root, "internal", "test", "buildkit", "testdata", module),
		"-trimpath", "-ldflags", "-s -w"}, flags...)
	cmd := exec.CommandContext(t.Context(), "go", append(args, "-o", bin+"/", "tool")...)
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", module, err, out)
	}
	return bin
}

// Repository is the folder of the repository, from anywhere in it.
func Repository(t testing.TB) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		t.Fatalf("finding the repository: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// lock keeps other processes from building into dir at the same time.
func lock(t testing.TB, dir string) (unlock func()) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	file := flock.New(filepath.Join(dir, ".lock-buildkit"))
	if _, err := file.TryLockContext(t.Context(), 100*time.Millisecond); err != nil {
		t.Fatalf("waiting for another build: %v", err)
	}
	return func() { _ = file.Unlock() }
}

// installed fails the test unless all programs are there, and root may run them.
func installed(t testing.TB, programs ...string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatalf("real builds make containers, which needs root: run the tests as root")
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v: run %s, as `make test-engines` does", err, setup)
		}
	}
}

// process is a program that runs until the test ends.
type process struct {
	cmd  *exec.Cmd
	log  *os.File
	done chan struct{}
}

// run starts a program with its output in a file and more in its environment, and stops it when the test ends.
func run(t testing.TB, env []string, program string, args ...string) *process {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), filepath.Base(program)+".log"))
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(program, args...), log: log, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.Env = append(p.cmd.Environ(), env...)
	p.cmd.SysProcAttr = noOrphan()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait()
	}()
	t.Cleanup(p.stop)
	return p
}

// stop asks the program to end, and kills it when it does not.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
	_ = p.log.Close()
}

// wait returns when answers does without an error, and fails the test when the program ends or time runs out before.
func (p *process) wait(t testing.TB, answers func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := answers(ctx)
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-p.done:
			t.Fatalf("%s ended (%s):\n%s", p.cmd.Path, p.cmd.ProcessState, p.said())
		case <-ctx.Done():
			t.Fatalf("%s does not answer: %v:\n%s", p.cmd.Path, err, p.said())
		}
	}
}

func (p *process) said() string {
	text, err := os.ReadFile(p.log.Name())
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(text)
}
