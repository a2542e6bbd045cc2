// Package cluster starts cmd/localcluster for tests and for the demo: it builds the program when needed, runs it,
// and knows where its cluster and its registry are.
package cluster

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
)

// stopTimeout is how long the program has to clean up after itself before it is killed.
const stopTimeout = 15 * time.Second

// Options say which cluster to start.
type Options struct {
	// Preset is aks (the default) or gke.
	Preset string
	// NodesFile is a YAML file with node pools, in place of the preset's nodes.
	NodesFile string
	// Address is the address of this machine where the API server and the registry listen; empty for 127.0.0.1.
	Address string
	// AuthenticationConfig is a file for kube-apiserver that says which other issuers' tokens let users in.
	// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration
	AuthenticationConfig string
	// Env are variables, NAME=value, that the cluster has besides this process's own, such as HTTPS_PROXY for its nodes.
	Env []string
	// Log receives the build's output and the program's progress; nil drops them. An error holds the latter anyway.
	Log io.Writer
}

// Cluster is a cluster that runs, and a registry with it.
type Cluster struct {
	// Kubeconfig is the path of a cluster administrator's kubeconfig. Stop removes it.
	Kubeconfig string
	// Registry is the address of an empty registry, host:port, that anyone who reaches it may write to.
	Registry string

	cmd *exec.Cmd
	// lifeline is the program's standard input. When this process dies, however it dies, the operating system closes
	// it, and the program ends and cleans up.
	lifeline io.Closer
	stderr   *lines
	done     chan struct{}
}

// Start builds the program unless it is up to date, which takes minutes the first time, starts a cluster on free
// ports, and returns when every node is Ready. ctx bounds the start alone: call Stop to end the cluster.
func Start(ctx context.Context, opts Options) (*Cluster, error) {
	program, err := programs.LocalCluster(ctx, opts.Log)
	if err != nil {
		return nil, err
	}
	c := &Cluster{
		// The program writes and removes this file itself, so nothing is left when this process is killed.
		Kubeconfig: filepath.Join(os.TempDir(), "localcluster-"+rand.Text()+".kubeconfig"),
		stderr:     &lines{also: opts.Log},
		done:       make(chan struct{}),
	}
	if err := c.start(ctx, program, opts); err != nil {
		return nil, fmt.Errorf("starting a local cluster: %w", err)
	}
	return c, nil
}

// Stop ends the cluster and returns when its processes and files are gone.
func (c *Cluster) Stop() {
	_ = c.lifeline.Close()
	select {
	case <-c.done:
	case <-time.After(stopTimeout):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

func (c *Cluster) start(ctx context.Context, program string, opts Options) error {
	address := cmp.Or(opts.Address, "127.0.0.1")
	c.cmd = exec.Command(program, "up", "--exit-with-stdin", "--kubeconfig", c.Kubeconfig, "--address", address,
		"--registry", net.JoinHostPort(address, "0"))
	if opts.Preset != "" {
		c.cmd.Args = append(c.cmd.Args, "--preset", opts.Preset)
	}
	if opts.NodesFile != "" {
		c.cmd.Args = append(c.cmd.Args, "--nodes", opts.NodesFile)
	}
	if opts.AuthenticationConfig != "" {
		c.cmd.Args = append(c.cmd.Args, "--authentication-config", opts.AuthenticationConfig)
	}
	c.cmd.Env = append(c.cmd.Environ(), opts.Env...)
	stdout, stdoutWriter := io.Pipe()
	c.cmd.Stdout, c.cmd.Stderr = stdoutWriter, c.stderr
	var err error
	if c.lifeline, err = c.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := c.cmd.Start(); err != nil {
		return err
	}
	go func() {
		defer close(c.done)
		_ = stdoutWriter.CloseWithError(errors.Join(io.EOF, c.cmd.Wait()))
	}()
	return c.waitReady(ctx, stdout)
}

// waitReady reads the program's lines up to "ready".
func (c *Cluster) waitReady(ctx context.Context, stdout io.Reader) error {
	ready := make(chan struct{})
	go func() {
		scanner := bufio.NewScanner(stdout)
		for scanner.Scan() {
			if address, ok := strings.CutPrefix(scanner.Text(), "registry "); ok {
				c.Registry = address
			}
			if scanner.Text() == "ready" {
				close(ready)
			}
		}
	}()
	select {
	case <-ready:
		return nil
	case <-c.done:
		return fmt.Errorf("localcluster ended (%s):\n%s", c.cmd.ProcessState, c.stderr)
	case <-ctx.Done():
		c.Stop()
		return fmt.Errorf("%w; so far:\n%s", ctx.Err(), c.stderr)
	}
}

// Join adds the nodes of a YAML file with node pools, and returns when they are Ready.
func (c *Cluster) Join(ctx context.Context, nodesFile string) error {
	program := exec.CommandContext(ctx, c.cmd.Path, "join", "--kubeconfig", c.Kubeconfig, "--nodes", nodesFile)
	if out, err := program.CombinedOutput(); err != nil {
		return fmt.Errorf("adding nodes: %w\n%s", err, out)
	}
	return nil
}
