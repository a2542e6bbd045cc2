// Command demo shows the main job on the local cluster, in three acts: a deploy that crashes on arm64 and is explained,
// the same deploy refused before anything is applied, and the same deploy put right.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
)

// act is one run of the program.
type act struct {
	title  string
	policy string
	// status is the exit status that the story wants.
	status int
}

var acts = []act{
	{"1. Deployed as it is: app-amd64 has no arm64 image, and the scheduler does not look at images", "warn", 1},
	{"2. The same, with the default arch-policy: refused before anything is applied", "fail", 1},
	{"3. The same, with arch-policy pin: put right for this deploy", "pin", 0},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := perform(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// perform plays the three acts, or runs one of two commands: "serve" starts what the acts need, and "compile" compiles
// all that the tests use.
func perform(ctx context.Context, args []string) error {
	switch {
	case len(args) == 0:
		return play(ctx)
	case args[0] == "serve":
		return serve(ctx, args[1:])
	case args[0] == "compile":
		return compile(ctx)
	}
	return fmt.Errorf("no command is named %q; without one the acts are played, serve starts what they need, compile "+
		"compiles it", args[0])
}

// compile builds the local cluster and kubectl, and then all packages, so that tests start at once.
func compile(ctx context.Context) error {
	if _, err := programs.LocalCluster(ctx, os.Stdout); err != nil {
		return err
	}
	if _, err := programs.Kubectl(ctx, os.Stdout); err != nil {
		return err
	}
	if err := programs.Compile(ctx, os.Stdout); err != nil {
		return err
	}
	_, err := programs.MultiarchDeploy(ctx, os.Stdout)
	return err
}

func play(ctx context.Context) error {
	program, err := build(ctx)
	if err != nil {
		return err
	}
	cluster, err := start(ctx, os.Stdout, "")
	if err != nil {
		return err
	}
	defer cluster.Stop()
	manifests, err := os.MkdirTemp("", "multiarch-deploy-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(manifests)
	if err := os.CopyFS(manifests, os.DirFS(app().Manifests)); err != nil {
		return err
	}
	for _, a := range acts {
		if err := run(ctx, a, program, manifests, cluster); err != nil {
			return err
		}
	}
	return nil
}

// build compiles the program that the demo is about.
func build(ctx context.Context) (string, error) {
	say(os.Stdout, "Building multiarch-deploy")
	program, err := filepath.Abs(filepath.Join("bin", "multiarch-deploy"))
	if err != nil {
		return "", err
	}
	return program, command(ctx, "go", "build", "-o", program, "./cmd/multiarch-deploy").Run()
}

// run runs the program for one act and checks that it ends as the story says.
func run(ctx context.Context, a act, program, manifests string, cluster *localcluster.Cluster) error {
	say(os.Stdout, a.title)
	args := []string{"run",
		"--images", "registry/app-multi=" + cluster.Registry + "/app-multi",
		"--images", "registry/app-amd64=" + cluster.Registry + "/app-amd64 platforms=linux/amd64",
		"--tag", tag,
		"--arch-policy", a.policy,
	}
	fmt.Println("+ multiarch-deploy", quoted(args)) // "$" would be a prompt in the README
	start := time.Now()
	cmd := command(ctx, program, args...)
	cmd.Dir = manifests
	cmd.Env = append(os.Environ(), "KUBECONFIG="+cluster.Kubeconfig)
	err := cmd.Run()
	status := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		status = exit.ExitCode()
	} else if err != nil {
		return err
	}
	fmt.Printf("exit status %d after %.1fs\n", status, time.Since(start).Seconds())
	if status != a.status && ctx.Err() == nil {
		return fmt.Errorf("act %q: exit status %d, the story has %d", a.title, status, a.status)
	}
	return ctx.Err()
}

func command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	return cmd
}

// quoted writes arguments as one would type them, an option a line.
func quoted(args []string) string {
	var line strings.Builder
	for _, arg := range args {
		switch {
		case strings.HasPrefix(arg, "--"):
			line.WriteString(" \\\n    " + arg)
		case strings.ContainsRune(arg, ' '):
			line.WriteString(" '" + arg + "'")
		default:
			line.WriteString(" " + arg)
		}
	}
	return strings.TrimSpace(line.String())
}

func say(w io.Writer, text string) { fmt.Fprintf(w, "\n=== %s\n", text) }
