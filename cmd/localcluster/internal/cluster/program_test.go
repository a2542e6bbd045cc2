//go:build unix

package cluster_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
)

// program is a "localcluster up" that runs.
type program struct {
	cmd        *exec.Cmd
	kubeconfig string
	registry   string
	// tmp is the directory that it makes its temporary files in.
	tmp    string
	stderr bytes.Buffer
}

// built is the path of the built program.
var built = sync.OnceValues(func() (string, error) { return programs.LocalCluster(context.Background(), nil) })

func build(t testing.TB) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// up starts the built program without waiting for it.
func up(t testing.TB, args ...string) (*program, io.Reader) {
	t.Helper()
	p := &program{tmp: t.TempDir()}
	p.kubeconfig = filepath.Join(p.tmp, "kubeconfig")
	p.cmd = exec.Command(build(t), append([]string{"up", "--kubeconfig", p.kubeconfig}, args...)...)
	p.cmd.Env = append(p.cmd.Environ(), "TMPDIR="+p.tmp)
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	return p, stdout
}

// start starts the built program and returns when it is ready.
func start(t testing.TB, args ...string) *program {
	t.Helper()
	p, stdout := up(t, args...)
	scanner := bufio.NewScanner(stdout)
	for scanner.Scan() {
		if address, ok := strings.CutPrefix(scanner.Text(), "registry "); ok {
			p.registry = address
		}
		if scanner.Text() == "ready" {
			return p
		}
	}
	t.Fatalf("localcluster ended before it was ready: %v\n%s", p.cmd.Wait(), &p.stderr)
	return nil
}

// client returns a client of the program's cluster, and the address of its API server.
func (p *program) client(t testing.TB) (kubernetes.Interface, string) {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", p.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	server, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	return client, server.Host
}

// interrupt sends the interrupt that a terminal sends, and again as callers do that pass it on.
func (p *program) interrupt(t testing.TB) {
	t.Helper()
	for range 2 {
		if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// children returns the ids of the program's child processes.
func (p *program) children(t testing.TB) []int {
	t.Helper()
	out, err := exec.Command("ps", "-e", "-o", "pid=,ppid=").Output()
	if err != nil {
		t.Fatal(err)
	}
	var children []int
	for line := range strings.Lines(string(out)) {
		var pid, parent int
		if _, err := fmt.Sscan(line, &pid, &parent); err != nil {
			t.Fatalf("reading %q of ps: %v", line, err)
		}
		if parent == p.cmd.Process.Pid {
			children = append(children, pid)
		}
	}
	return children
}

// alive returns those of the processes that still run.
func alive(pids []int) []int {
	var left []int
	for _, pid := range pids {
		if syscall.Kill(pid, 0) == nil {
			left = append(left, pid)
		}
	}
	return left
}

// eventually fails the test unless holds does within a few seconds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 20*time.Second, true,
		func(context.Context) (bool, error) { return holds(), nil })
	if err != nil {
		t.Errorf("%s: not within 20 s", what)
	}
}

// expectNothingLeft fails the test if a process, a file or a port of the program is still there.
func (p *program) expectNothingLeft(t *testing.T, children []int, ports ...string) {
	t.Helper()
	if left := alive(children); len(left) > 0 {
		t.Errorf("processes %v still run", left)
	}
	for _, port := range ports {
		if conn, err := net.Dial("tcp", port); err == nil {
			conn.Close()
			t.Errorf("something still listens at %s", port)
		}
	}
	err := filepath.WalkDir(p.tmp, func(path string, _ fs.DirEntry, err error) error {
		if path != p.tmp {
			t.Errorf("%s was left behind", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
