// Command demo shows the main job on the local cluster, in three acts: a deploy that crashes on arm64 and is explained,
// the same deploy refused before anything is applied, and the same deploy put right.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/demo"
	"github.com/multiarch-deploy/multiarch-deploy/internal/localcluster"
)

// tag stands for the commit whose images are deployed, short so that lines stay so.
const tag = "4f2a9c1"

var (
	amd64 = v1.Platform{OS: "linux", Architecture: "amd64"}
	arm64 = v1.Platform{OS: "linux", Architecture: "arm64"}
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
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	program, err := build(ctx)
	if err != nil {
		return err
	}
	say("Starting a local cluster: one amd64 node and one arm64 node, as on AKS (the first time this compiles Kubernetes: some minutes)")
	cluster, err := localcluster.Start(ctx, localcluster.Options{Preset: "aks"})
	if err != nil {
		return err
	}
	defer cluster.Stop()

	app := demo.AKS(".")
	say("Building the app for amd64 and arm64, pushing app-multi as an index and app-amd64 as the single manifest it used to be")
	if err := push(ctx, app, cluster.Registry); err != nil {
		return err
	}
	manifests, err := os.MkdirTemp("", "multiarch-deploy-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(manifests)
	if err := os.CopyFS(manifests, os.DirFS(app.Manifests)); err != nil {
		return err
	}
	for _, a := range acts {
		if err := play(ctx, a, program, manifests, cluster); err != nil {
			return err
		}
	}
	return nil
}

// build compiles the program that the demo is about.
func build(ctx context.Context) (string, error) {
	say("Building multiarch-deploy")
	program, err := filepath.Abs(filepath.Join("bin", "multiarch-deploy"))
	if err != nil {
		return "", err
	}
	return program, command(ctx, "go", "build", "-o", program, "./cmd/multiarch-deploy").Run()
}

func push(ctx context.Context, app demo.App, registry string) error {
	images, err := demo.Build(ctx, app, amd64, arm64)
	if err != nil {
		return err
	}
	multi, err := name.NewTag(registry + "/app-multi:" + tag)
	if err != nil {
		return err
	}
	single, err := name.NewTag(registry + "/app-amd64:" + tag)
	if err != nil {
		return err
	}
	return errors.Join(demo.PushIndex(ctx, multi, images), demo.PushSingle(ctx, single, images[0]))
}

// play runs the program for one act and checks that it ends as the story says.
func play(ctx context.Context, a act, program, manifests string, cluster *localcluster.Cluster) error {
	say(a.title)
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

func say(text string) { fmt.Printf("\n=== %s\n", text) }
