package programs

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// progressInterval is how often a build reports how far it is.
const progressInterval = 5 * time.Second

// compilation is a run of go build, which says nothing for minutes where Kubernetes is not compiled yet.
type compilation struct {
	// module is the folder of the module, and flags what go build and go list both take.
	module string
	flags  []string
	// what names it in the log, which may be nil.
	what string
	log  io.Writer
}

// Compile compiles all packages of the repository's main module and what their tests import, and logs how far it is.
// The tests then wait for nothing but the compilation of themselves.
func Compile(ctx context.Context, log io.Writer) error {
	root, err := repository(ctx)
	if err != nil {
		return err
	}
	c := compilation{module: root, what: "multiarch-deploy and what its tests use", log: log}
	stale, err := c.stale(ctx, "-test", "./...")
	if err != nil || len(stale) == 0 {
		return err
	}
	return c.build(ctx, len(stale), stale...)
}

// program builds a program into a file.
func (c compilation) program(ctx context.Context, file, pkg string) error {
	total := 0
	if c.log != nil {
		stale, err := c.stale(ctx, pkg)
		if err != nil {
			return err
		}
		total = len(stale)
	}
	return c.build(ctx, total, "-o", file, pkg)
}

// build runs go build for packages, of which as many as total have to be compiled.
func (c compilation) build(ctx context.Context, total int, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build", "-C", c.module, "-v"}, c.flags...), args...)...)
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	output, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var done atomic.Int64
	stop := c.report(&done, total)
	faults := countPackages(output, &done)
	err = cmd.Wait()
	stop()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, faults)
	}
	return nil
}

// stale returns the packages among the dependencies of some that the build cache lacks.
// Programs count as stale until they are installed, so they are left out.
func (c compilation) stale(ctx context.Context, args ...string) ([]string, error) {
	list := append([]string{"list", "-C", c.module, "-deps", "-f",
		"{{if and .Stale (not .Standard) (not .ForTest) (ne .Name \"main\")}}{{.ImportPath}}{{end}}"}, c.flags...)
	cmd := exec.CommandContext(ctx, "go", append(list, args...)...)
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	var stderr bytes.Buffer // what go downloads, too
	cmd.Stderr = io.MultiWriter(&stderr, cmp.Or(c.log, io.Discard))
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("listing packages: %w\n%s", err, &stderr)
	}
	var packages []string
	for _, name := range strings.Fields(string(out)) {
		if !strings.HasSuffix(name, ".test") {
			packages = append(packages, name)
		}
	}
	return packages, nil
}

// report logs in intervals how many packages are compiled, until stop is called.
func (c compilation) report(done *atomic.Int64, total int) (stop func()) {
	if c.log == nil {
		return func() {}
	}
	var ended sync.WaitGroup
	quit := make(chan struct{})
	ended.Go(func() {
		tick := time.NewTicker(progressInterval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if n := int(done.Load()); n < total {
					fmt.Fprintf(c.log, "compiling %s: %d of %d packages (%d %%)\n", c.what, n, total, 100*n/total)
				} else {
					fmt.Fprintf(c.log, "linking %s\n", c.what)
				}
			case <-quit:
				return
			}
		}
	})
	return func() { close(quit); ended.Wait() }
}

// countPackages reads what go build -v prints: a line per package that it compiles, and what is at fault.
func countPackages(output io.Reader, done *atomic.Int64) (faults string) {
	var rest strings.Builder
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if line == "" || strings.ContainsAny(line, " \t:") {
			rest.WriteString(line + "\n")
		} else if first, _, _ := strings.Cut(line, "/"); strings.Contains(first, ".") { // the standard library is not counted
			done.Add(1)
		}
	}
	return rest.String()
}
