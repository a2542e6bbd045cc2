//go:build engines

package engine_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	enginetest "github.com/multiarch-deploy/multiarch-deploy/internal/test/engine"
	sample "github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// twoSteps is a stranger's repository with the workflow of the README, save that its registry is one of the test's,
// which has no TLS. The cluster and the registry are on another machine than the job, as far as its network tells.
func twoSteps(t *testing.T, engine buildkit.Engine) {
	cluster, err := localcluster.Start(t.Context(), localcluster.Options{Address: engine.Machine})
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Stop()
	repository := t.TempDir()
	app := sample.AKS(buildkit.Repository(t))
	manifests := filepath.Join(repository, "deploy", "production")
	if err := os.CopyFS(manifests, os.DirFS(app.Manifests)); err != nil {
		t.Fatal(err)
	}
	edit(t, filepath.Join(manifests, "kustomization.yaml"), "- app-amd64.yaml\n", "")
	workflow := strings.ReplaceAll(firstWorkflow(t), "ghcr.io/me", cluster.Registry) + "          insecure-registries: " +
		cluster.Registry + "\n"
	write(t, filepath.Join(repository, ".github", "workflows", "deploy.yml"), workflow)
	push(t, app, cluster.Registry, enginetest.Commit(t, repository))

	steps := enginetest.Act(t, engine, enginetest.Workflow{
		Event: "push", Repository: repository, File: ".github/workflows/deploy.yml",
		Actions: map[string]string{"multiarch-deploy/multiarch-deploy@v1": enginetest.Clone(t)},
		Secrets: map[string]string{"KUBECONFIG": read(t, cluster.Kubeconfig)},
	})
	deploy := steps["1"]
	if deploy.Result != "success" || deploy.Outputs["verdict"] != "ok" {
		t.Errorf("the step is a %s, with verdict %q:\n%s", deploy.Result, deploy.Outputs["verdict"], deploy.Log)
	}
	var placement map[string]map[string]int
	if err := json.Unmarshal([]byte(deploy.Outputs["placement"]), &placement); err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]int{
		"Deployment default/app-multi": {"amd64": 2, "arm64": 2}, "Deployment default/app-amd64-nodeaffinity": {"amd64": 4},
	}
	if diff := cmp.Diff(want, placement); diff != "" {
		t.Errorf("placement (-want +got):\n%s", diff)
	}
}

// firstWorkflow is the first one of the README.
func firstWorkflow(t *testing.T) string {
	t.Helper()
	readme := read(t, filepath.Join(buildkit.Repository(t), "README.md"))
	_, chapter, _ := strings.Cut(readme, "\n## Use it in a workflow\n")
	block := regexp.MustCompile("(?s)^\n```yaml\n(.*?)```\n").FindStringSubmatch(chapter)
	if block == nil || strings.Count(block[1], "- uses: ") != 2 {
		t.Fatalf("the README's chapter does not open with a workflow of two steps: %.200q", chapter)
	}
	return block[1]
}

func push(t *testing.T, app sample.App, registry, tag string) {
	t.Helper()
	images, err := sample.Build(t.Context(), app, v1.Platform{OS: "linux", Architecture: "amd64"},
		v1.Platform{OS: "linux", Architecture: "arm64"})
	if err != nil {
		t.Fatal(err)
	}
	multi, err := name.NewTag(registry+"/app-multi:"+tag, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	if err := sample.PushIndex(t.Context(), multi, images); err != nil {
		t.Fatal(err)
	}
	single, err := name.NewTag(registry+"/app-amd64:"+tag, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	if err := sample.PushSingle(t.Context(), single, images[0]); err != nil {
		t.Fatal(err)
	}
}

func edit(t *testing.T, file, old, replacement string) {
	t.Helper()
	content := read(t, file)
	if !strings.Contains(content, old) {
		t.Fatalf("%s lacks %q", file, old)
	}
	write(t, file, strings.Replace(content, old, replacement, 1))
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
