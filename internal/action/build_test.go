package action_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	registrytest "github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

const sha = "4f2a9c1d7be3605f8a21c94d0e57b6138fca2d90"

// From compiled files to ready pods on both CPUs in one run: build, verify, rewrite, plan, apply, rollout.
func TestRun_builds_and_deploys_in_one_go(t *testing.T) {
	cluster := sharedCluster(t, "aks")
	app := sampleapp.AKS(filepath.Join("..", ".."))
	manifests := t.TempDir()
	if err := os.CopyFS(manifests, os.DirFS(app.Manifests)); err != nil {
		t.Fatal(err)
	}
	status, got, log := perform(t, nil, append(building(compiled(t, app), cluster.Registry), "--kubeconfig",
		cluster.Kubeconfig, "--kustomization", manifests)...)
	if status != 0 {
		t.Fatalf("exit status %d\n%s", status, log)
	}
	ready := map[string]int{} // on which of the nodes that it may run on a pod is, is chance
	for _, pod := range got.Pods {
		if !pod.Ready {
			t.Errorf("pod %s of a successful rollout is not ready: %s", pod.Name, pod.Reason)
		}
		if node, _, _ := strings.Cut(strings.TrimPrefix(pod.Node, "aks-"), "-"); node != pod.Architecture {
			t.Errorf("pod %s is on node %s, and reported as on %s", pod.Name, pod.Node, pod.Architecture)
		}
		if strings.HasSuffix(pod.Workload, "-nodeaffinity") && pod.Architecture != "amd64" {
			t.Errorf("pod %s is on %s, from which its affinity keeps it", pod.Name, pod.Node)
		}
		ready[pod.Workload]++
	}
	want := map[string]int{
		"apps/v1 Deployment default/app-multi":              4,
		"apps/v1 Deployment default/app-amd64":              4,
		"apps/v1 Deployment default/app-amd64-nodeaffinity": 4,
	}
	if diff := cmp.Diff(want, ready); diff != "" {
		t.Errorf("pods (-want +got):\n%s\n%s", diff, log)
	}
	built := map[string][]string{}
	for _, image := range got.Images {
		built[image.Name] = image.Platforms
	}
	both := []string{"linux/amd64", "linux/arm64"}
	if diff := cmp.Diff(map[string][]string{"registry/app-multi": both, "registry/app-amd64": both}, built); diff != "" {
		t.Errorf("platforms of the images (-want +got):\n%s", diff)
	}
	for _, step := range []string{"build", "verify", "rewrite", "render", "plan", "check", "write", "apply", "rollout"} {
		if _, taken := got.Timings[step]; !taken {
			t.Errorf("step %s was not taken", step)
		}
	}
	kustomization, err := os.ReadFile(filepath.Join(manifests, "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(kustomization), "newName: "+cluster.Registry+"/app-multi\n  newTag: "+sha) {
		t.Errorf("the kustomization does not name the image that was built:\n%s", kustomization)
	}
}

func TestBuild_pushes_and_verifies_and_nothing_else(t *testing.T) {
	registry := registrytest.Start(t, registrytest.Options{Username: "shop", Password: "correct horse"})
	runner := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_SHA": sha, "GITHUB_REF_NAME": "main", "GITHUB_REPOSITORY": "shop/cart",
		"GITHUB_SERVER_URL": "https://github.com", "SOURCE_DATE_EPOCH": "1786000000",
	}
	args := building(compiled(t, sampleapp.AKS(filepath.Join("..", ".."))), registry.Host)[1:]
	args = append(args, "--registry-username", "shop", "--registry-password", "correct horse")
	status, got, log := perform(t, runner, append([]string{"build"}, args...)...)
	if status != 0 {
		t.Fatalf("exit status %d\n%s", status, log)
	}
	if !strings.Contains(log, "::add-mask::correct horse\n") {
		t.Error("the password is not masked")
	}
	ref, err := name.ParseReference(got.Images[0].Reference)
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(ref, remote.WithAuthFromKeychain(registry.Keychain))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"org.opencontainers.image.created":  "2026-08-06T07:06:40Z",
		"org.opencontainers.image.revision": sha,
		"org.opencontainers.image.source":   "https://github.com/shop/cart",
		"org.opencontainers.image.url":      "https://github.com/shop/cart",
		"org.opencontainers.image.version":  "main",
	}
	if diff := cmp.Diff(want, manifest.Annotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"linux/amd64", "linux/arm64"}, got.Images[0].Platforms); diff != "" {
		t.Errorf("platforms (-want +got):\n%s", diff)
	}
	if _, edited := got.Timings["rewrite"]; edited || len(got.Timings) != 2 {
		t.Errorf("steps taken: %v, want build and verify", got.Timings)
	}
}

func TestBuild_ends_with_the_right_status(t *testing.T) {
	down := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	}
	for _, test := range []struct {
		name   string
		opts   registrytest.Options
		dist   string // "" is compiled files
		args   []string
		status int
		want   string
	}{
		{"artifacts_that_are_missing_are_the_user_s_fault", registrytest.Options{}, t.TempDir(), nil, 1, "platform-missing"},
		{"a_registry_that_refuses_is_not", registrytest.Options{Wrap: down}, "", nil, 3,
			"sign in with an identity that may push there"},
		{"wrong_inputs", registrytest.Options{}, t.TempDir(), []string{"--file", "Dockerfile"}, 2,
			"file: is for a Dockerfile"},
	} {
		t.Run(test.name, func(t *testing.T) {
			registry := registrytest.Start(t, test.opts)
			dist := test.dist
			if dist == "" {
				dist = compiled(t, sampleapp.AKS(filepath.Join("..", "..")))
			}
			args := append([]string{"build"}, building(dist, registry.Host)[1:]...)
			status, _, log := perform(t, nil, append(args, test.args...)...)
			if status != test.status || !strings.Contains(log, test.want) {
				t.Errorf("exit status %d, want %d and %q\n%s", status, test.status, test.want, log)
			}
		})
	}
}

// plan shows what a deploy would change. It must not change anything itself, and a push would.
func TestDry_run_does_not_build(t *testing.T) {
	pushed := false
	registry := registrytest.Start(t, registrytest.Options{Wrap: func(inner http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			pushed = pushed || r.Method != http.MethodGet && r.Method != http.MethodHead
			inner.ServeHTTP(w, r)
		})
	}})
	args := append(building(t.TempDir(), registry.Host), "--kubeconfig", sharedCluster(t, "aks").Kubeconfig, "--dry-run")
	_, got, log := perform(t, nil, args...)
	if pushed {
		t.Error("a dry run wrote to the registry")
	}
	if _, taken := got.Timings["build"]; taken {
		t.Error("a dry run took the step build")
	}
	if len(got.Findings) == 0 || got.Findings[0].Code != "image-not-found" {
		t.Errorf("findings %v, want that the image is not in the registry\n%s", got.Findings, log)
	}
}

func compiled(t *testing.T, app sampleapp.App) string {
	t.Helper()
	dist := t.TempDir()
	platforms := []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}}
	if err := sampleapp.Compile(t.Context(), app, dist, platforms...); err != nil {
		t.Fatal(err)
	}
	return dist
}

// building are the arguments of a run that assembles both images of the sample.
func building(dist, registry string) []string {
	return []string{"run", "--mode", "build", "--builder", "assemble", "--tag", sha,
		"--artifacts", filepath.Join(dist, "{os}_{arch}{variant}", "app") + ":/app/app", "--entrypoint", "/app/app",
		"--images", "registry/app-multi=" + registry + "/app-multi", "--images", "registry/app-amd64=" + registry +
			"/app-amd64"}
}

// perform runs the program, and returns its exit status, its report and all that it wrote.
func perform(t *testing.T, environment map[string]string, args ...string) (int, report.Report, string) {
	t.Helper()
	var log bytes.Buffer
	path := filepath.Join(t.TempDir(), "report.json")
	program := action.Program{Stdout: &log, Stderr: &log, Getenv: func(name string) string { return environment[name] }}
	status := program.Main(t.Context(), append(args, "--report", path))
	content, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) { // wrong inputs end before there is anything to report
		t.Fatal(err)
	}
	var got report.Report
	if err := json.NewDecoder(bytes.NewReader(content)).Decode(&got); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return status, got, log.String()
}
