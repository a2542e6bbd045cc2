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
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	enginetest "github.com/multiarch-deploy/multiarch-deploy/internal/test/engine"
	sample "github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// halfDockerfile runs a program of the image's CPU, as compilers and package managers do.
const halfDockerfile = `FROM scratch
ARG TARGETARCH
COPY --chmod=755 busybox-${TARGETARCH} /bin/busybox
RUN ["/bin/busybox", "--install", "/bin"]
COPY dist/linux_${TARGETARCH}/app /app/app
ENTRYPOINT ["/app/app"]
`

// nativeRunners is the workflow of docs/building.md: a matrix of two runners, each of which builds its own platform
// from a Dockerfile, and the deploy that joins them. Both runners are this machine: QEMU is the CPU of the second.
func nativeRunners(t *testing.T, engine buildkit.Engine) {
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
	platforms := []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}}
	if err := sample.Compile(t.Context(), app, filepath.Join(repository, "dist"), platforms...); err != nil {
		t.Fatal(err)
	}
	for _, cpu := range []string{"busybox-amd64", "busybox-arm64"} {
		write(t, filepath.Join(repository, cpu), read(t, filepath.Join(buildkit.Repository(t), "bin", cpu)))
	}
	write(t, filepath.Join(repository, "Dockerfile"), halfDockerfile)
	write(t, filepath.Join(repository, ".github", "workflows", "deploy.yml"),
		nativeWorkflow(t, cluster.Registry, buildkit.StartAt(t, engine.Machine)))
	enginetest.Commit(t, repository)

	steps := enginetest.Act(t, engine, enginetest.Workflow{
		Event: "push", Repository: repository, File: ".github/workflows/deploy.yml",
		Actions: map[string]string{"multiarch-deploy/multiarch-deploy@v1": enginetest.Clone(t)},
		Secrets: map[string]string{"KUBECONFIG": read(t, cluster.Kubeconfig)},
	})
	deploy := steps["1"] // of the last job, which overlays those of the matrix
	if deploy.Result != "success" || deploy.Outputs["verdict"] != "ok" {
		t.Errorf("the step is a %s, with verdict %q:\n%s", deploy.Result, deploy.Outputs["verdict"], deploy.Log)
	}
	var placement map[string]map[string]int
	if err := json.Unmarshal([]byte(deploy.Outputs["placement"]), &placement); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"amd64": 2, "arm64": 2}, placement["Deployment default/app-multi"]); diff != "" {
		t.Errorf("placement (-want +got):\n%s", diff)
	}
	want := []string{"linux/amd64", "linux/arm64", "unknown/unknown", "unknown/unknown"} // the last are provenance
	if diff := cmp.Diff(want, entries(t, cluster.Registry+"/app-multi@"+deploy.Outputs["digest"])); diff != "" {
		t.Errorf("entries of the index (-want +got):\n%s", diff)
	}
}

// entries are the platforms of an index, in its order.
func entries(t *testing.T, reference string) (platforms []string) {
	t.Helper()
	ref, err := name.ParseReference(reference, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(ref)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range manifest.Manifests {
		platforms = append(platforms, entry.Platform.String())
	}
	return platforms
}

// nativeWorkflow is the one of the docs, save that its registry is the cluster's, which has no TLS and no users, and
// that a BuildKit of the test's builds, since jobs of act have no Docker engine.
func nativeWorkflow(t *testing.T, registry, builder string) string {
	t.Helper()
	page := read(t, filepath.Join(buildkit.Repository(t), "docs", "building.md"))
	_, chapter, _ := strings.Cut(page, "\n## On native runners\n")
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```\n").FindStringSubmatch(chapter)
	if block == nil || strings.Count(block[1], "- uses: ") != 4 {
		t.Fatalf("the chapter has no workflow of two jobs: %.200q", chapter)
	}
	insecure := "          insecure-registries: " + registry + "\n"
	workflow := regexp.MustCompile(`(?m)^ +registry-username: .*\n`).ReplaceAllString(block[1], insecure)
	workflow = regexp.MustCompile(`(?m)^ +registry-password: .*\n`).ReplaceAllString(workflow, "")
	workflow = strings.ReplaceAll(workflow, "registry/app=ghcr.io/me/app",
		"registry/app-multi="+registry+"/app-multi registry/app-amd64="+registry+"/app-amd64")
	workflow = strings.ReplaceAll(workflow, "  IMAGES: registry/app-multi="+registry+"/app-multi ",
		"  IMAGES: |\n    registry/app-multi="+registry+"/app-multi\n    ")
	return strings.Replace(workflow, "          push-as: platform\n", "          push-as: platform\n          builder: "+
		builder+"\n", 1)
}
