package cloudbuild

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
)

// worker is the machine of a build: it is an amd64, and its docker is as much of Docker as builds use here: binfmt,
// which is set up for arm64 already and of which is only noted that a build has asked for it, and the real buildx with
// a real BuildKit.
type worker struct {
	google         *google.Google
	buildx, daemon string
	env            []string
}

// Worker is the docker of Cloud Build's workers. Its BuildKit reaches the stand-ins, and nothing else by name.
func Worker(t testing.TB, g *google.Google) Docker {
	t.Helper()
	env := []string{"HTTPS_PROXY=" + g.Cloud.Proxy(), "SSL_CERT_FILE=" + g.Cloud.CAFile}
	w := &worker{google: g, buildx: buildkit.Buildx(t), daemon: buildkit.Start(t, env...), env: env}
	return w.docker
}

func (w *worker) docker(ctx context.Context, c Container) error {
	emulated := filepath.Join(c.Home, "emulated")
	switch {
	case c.Entrypoint != "docker":
		return fmt.Errorf("%s: not found", c.Entrypoint)
	case len(c.Args) == 6 && slices.Equal(c.Args[:3], []string{"run", "--rm", "--privileged"}) &&
		strings.HasPrefix(c.Args[3], "tonistiigi/binfmt@sha256:") && c.Args[4] == "--install":
		return os.WriteFile(emulated, []byte(c.Args[5]), 0o600)
	case len(c.Args) > 2 && c.Args[0] == "buildx" && c.Args[1] == "create":
		return w.create(ctx, c)
	case len(c.Args) > 2 && c.Args[0] == "buildx" && c.Args[1] == "build":
		cpus, _ := os.ReadFile(emulated) // none, where no step has asked for any
		return w.build(ctx, c, append(strings.Split(string(cpus), ","), "amd64", "386"))
	}
	return fmt.Errorf("docker: %q is not known here", c.Args)
}

// create makes a builder: the BuildKit that runs already, in place of one in a container.
func (w *worker) create(ctx context.Context, c Container) error {
	var args []string
	for _, arg := range c.Args[1:] {
		switch {
		case arg == "--driver=docker-container":
			args = append(args, "--driver=remote")
		case !strings.HasPrefix(arg, "--driver-opt=image=moby/buildkit@sha256:"):
			args = append(args, arg)
		}
	}
	if len(args) != len(c.Args)-2 || !slices.Contains(args, "--driver=remote") {
		return errors.New("ERROR: no builder in a container of a pinned image was asked for")
	}
	return w.run(ctx, c, append(args, w.daemon))
}

// build builds for platforms that the machine runs.
func (w *worker) build(ctx context.Context, c Container, cpus []string) error {
	if err := w.login(c); err != nil {
		return err
	}
	var args []string
	for _, arg := range c.Args[1:] {
		if platforms, ok := strings.CutPrefix(arg, "--platform="); ok {
			for platform := range strings.SplitSeq(platforms, ",") {
				if !slices.Contains(cpus, strings.Split(platform, "/")[1]) {
					fmt.Fprintf(c.Output, "%s: exec /bin/sh: exec format error\n", platform)
					return errors.New("no emulator")
				}
			}
		}
		args = append(args, strings.Replace(arg, "--metadata-file=/builder/outputs/", "--metadata-file="+c.Outputs+"/", 1))
	}
	return w.run(ctx, c, args)
}

// login gives docker the account's token for Artifact Registry, as Cloud Build does.
func (w *worker) login(c Container) error {
	auths := map[string]any{}
	for _, host := range w.google.Registries {
		auths[host] = map[string]string{"username": "oauth2accesstoken",
			"password": w.google.Mint("serviceAccount:"+c.Account, time.Hour)}
	}
	content, err := json.Marshal(map[string]any{"auths": auths})
	if err != nil {
		return err
	}
	folder := filepath.Join(c.Home, ".docker")
	return errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, "config.json"), content, 0o600))
}

func (w *worker) run(ctx context.Context, c Container, args []string) error {
	cmd := exec.CommandContext(ctx, w.buildx, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.Workspace, c.Output, c.Output
	cmd.Env = append(append([]string{"HOME=" + c.Home}, w.env...), c.Env...)
	return cmd.Run()
}
