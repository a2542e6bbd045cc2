//go:build engines

package engine_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	enginetest "github.com/multiarch-deploy/multiarch-deploy/internal/test/engine"
	sample "github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// runnerUser owns the workspace on GitHub's runners.
const runnerUser = 1001

// TestContainer runs the action's container the ways that runners do. None of them has a Docker socket.
func TestContainer(t *testing.T) {
	engine := buildkit.StartNetworkedEngine(t)
	image := enginetest.ActionImage(t, engine, "linux/"+runtime.GOARCH)
	cluster, err := localcluster.Start(t.Context(), localcluster.Options{Address: engine.Machine})
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Stop()
	app := sample.AKS(buildkit.Repository(t))
	push(t, app, cluster.Registry, "v1")

	for _, test := range []struct {
		name   string
		change func(*enginetest.Job)
	}{
		{"as_runners_run_it", func(*enginetest.Job) {}},
		{"older_runner_whose_RUNNER_TEMP_is_not_mounted", func(job *enginetest.Job) {
			job.NoTemp, job.Env["RUNNER_TEMP"] = true, "/home/runner/work/_temp"
		}},
		{"GitHub_Enterprise_Server", func(job *enginetest.Job) {
			job.Env["GITHUB_SERVER_URL"], job.Env["GITHUB_API_URL"] = "https://github.example.com",
				"https://github.example.com/api/v3"
		}},
		{"kubeconfig_of_an_earlier_step", func(job *enginetest.Job) {
			job.Env["KUBECONFIG"], job.Inputs["kubeconfig"] = "/github/workspace/kubeconfig", ""
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			job := enginetest.Job{
				Image: image, Workspace: workspace(t, app, cluster.Kubeconfig), Env: map[string]string{},
				Inputs: map[string]string{
					"images": "registry/app-multi=" + cluster.Registry + "/app-multi\nregistry/app-amd64=" + cluster.Registry +
						"/app-amd64 platforms=linux/amd64\n",
					"tag": "v1", "insecure-registries": cluster.Registry, "kubeconfig": "kubeconfig", "arch-policy": "pin",
				},
			}
			test.change(&job)
			got := enginetest.Run(t, engine, job)
			if got.Status != 0 || got.Outputs["verdict"] != "ok" ||
				!strings.HasPrefix(got.Summary, "## ✅ multiarch-deploy: ok\n") {
				t.Fatalf("exit status %d, outputs %v:\n%s\n%s", got.Status, got.Outputs, got.Log, got.Summary)
			}
			expectUsable(t, job.Workspace, got.Outputs["report"])
		})
	}
}

// TestContainer_that_should_build_without_an_engine says what is missing, and what to use in its place.
func TestContainer_that_should_build_without_an_engine(t *testing.T) {
	engine := buildkit.StartNetworkedEngine(t)
	got := enginetest.Run(t, engine, enginetest.Job{
		Image: enginetest.ActionImage(t, engine, "linux/"+runtime.GOARCH), Workspace: t.TempDir(), Args: []string{"build"},
		Inputs: map[string]string{"images": "app=registry.example.com/app", "tag": "v1", "mode": "build"},
	})
	want := "builder auto: no Docker engine answers at unix:///var/run/docker.sock"
	if got.Status != 3 || !strings.Contains(got.Log, want) ||
		!strings.Contains(got.Log, "name a BuildKit in the builder input") {
		t.Errorf("exit status %d:\n%s", got.Status, got.Log)
	}
}

// workspace is a checkout with the app's manifests, as the runner's user owns it, and a kubeconfig that an earlier step
// wrote.
func workspace(t *testing.T, app sample.App, kubeconfig string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(app.Manifests)); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "kubeconfig"), read(t, kubeconfig))
	if err := os.Chmod(filepath.Join(dir, "kubeconfig"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, dir) {
		if err := os.Chown(file, runnerUser, runnerUser); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// expectUsable: later steps run as the runner's user. They can read what the container wrote, and write what was
// theirs.
func expectUsable(t *testing.T, workspace, report string) {
	t.Helper()
	if filepath.IsAbs(report) {
		t.Errorf("the report is at %s, which is a path of the container", report)
	}
	info, err := os.Stat(filepath.Join(workspace, report))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o004 == 0 {
		t.Errorf("the report has mode %v: the runner's user can't read it", info.Mode())
	}
	edited, err := os.Stat(filepath.Join(workspace, "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if owner := edited.Sys().(*syscall.Stat_t).Uid; owner != runnerUser {
		t.Errorf("kustomization.yaml is now user %d's: want still %d's", owner, runnerUser)
	}
}
