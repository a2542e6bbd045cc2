//go:build engines

package cloud_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	azuretest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/azure"
	googletest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
	enginetest "github.com/multiarch-deploy/multiarch-deploy/internal/test/engine"
)

// TestContainer runs the whole pipeline from the action's own container, started as GitHub's runner does, against both
// clouds: images in their registries, clusters that they name the users of, and tokens that live for seconds.
func TestContainer(t *testing.T) {
	t.Parallel()
	engine := buildkit.StartNetworkedEngine(t)
	c := container{engine: engine, image: enginetest.ActionImage(t, engine, "linux/amd64")}
	t.Run("aks_with_images_that_are_there", func(t *testing.T) {
		cloud := cloudtest.Start(t)
		azure := azuretest.New(cloud)
		azure.Life = 3 * time.Second
		lead(t, cloud, azure)
		pushSample(t, azure.Registry+"/app:v1", as(cloud, "nodes", azuretest.NodePassword)...)
		c.deploy(t, cloud, map[string]string{"app.yaml": manifests}, aksInputs(azure, "shop"))
		if azure.Minted(azuretest.AKSServer) < 2 {
			t.Error("the rollout did not outlive its token")
		}
	})
	t.Run("gke_with_images_that_BuildKit_builds", func(t *testing.T) {
		cloud := cloudtest.Start(t)
		google := googletest.New(cloud)
		google.ArtifactRegistry(artifacts)
		nodes := google.NodeToken()
		openShop(t, cloud, google, nodes)
		pushBusybox(t, artifacts+"/octo-shop/shop/base:latest", as(cloud, "oauth2accesstoken", nodes))
		google.Life = 3 * time.Second
		env := cloud.Env()
		socket := strings.TrimPrefix(buildkit.Start(t, "HTTPS_PROXY="+env["HTTPS_PROXY"],
			"SSL_CERT_FILE="+env["SSL_CERT_FILE"]), "unix://")
		c.volumes = []string{filepath.Dir(socket) + ":/buildkit"}
		c.deploy(t, cloud, map[string]string{
			"app.yaml":   manifests,
			"Dockerfile": strings.ReplaceAll(dockerfile, "REGISTRY", artifacts+"/octo-shop/shop"),
		}, gkeInputs(google, "shop", map[string]string{"endpoint": "dns", "mode": "build", "builder": "unix:///buildkit/" +
			filepath.Base(socket)}))
		if google.Minted() < 3 {
			t.Error("neither the build nor the rollout has outlived its token")
		}
	})
}

// container is the action's, in a Docker engine.
type container struct {
	engine  buildkit.Engine
	image   string
	volumes []string
}

// deploy runs the action to the end of a rollout, and looks for secrets in all that is left of it.
func (c container) deploy(t *testing.T, cloud *cloudtest.Cloud, workspace, inputs map[string]string) {
	t.Helper()
	dir, trust := t.TempDir(), t.TempDir()
	workspace["kustomization.yaml"] = "resources: [app.yaml]\n"
	for name, content := range workspace {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(trust, "ca.pem"), cloud.CA, 0o644); err != nil {
		t.Fatal(err)
	}
	env := cloud.Env()
	maps.Copy(env, map[string]string{
		"GITHUB_SHA": "v1", "GITHUB_REPOSITORY": "octo-org/octo-repo",
		"HTTPS_PROXY": cloud.ProxyAt(t, c.engine.Machine).String(), "SSL_CERT_FILE": "/trust/ca.pem",
	})
	var archive bytes.Buffer
	result := enginetest.Run(t, c.engine, enginetest.Job{
		Image: c.image, Workspace: dir, Inputs: inputs, Env: env, Volumes: append(c.volumes, trust+":/trust:ro"),
		Export: &archive,
	})
	t.Log(asShown(result.Log))
	if result.Status != 0 || result.Outputs["verdict"] != "ok" || !strings.Contains(result.Summary, "2 of 2 pods ready") {
		t.Errorf("exit status %d, verdict %q, summary:\n%s", result.Status, result.Outputs["verdict"], result.Summary)
	}
	left := files(t, dir)
	maps.Copy(left, files(t, result.Folders))
	left["the container"] = archive.String()
	unsoiled(t, left, "home/", "runner_temp/")
	for _, name := range []string{"multiarch-deploy-report.json", "file_commands/output", "file_commands/summary",
		"the container"} {
		if left[name] == "" {
			t.Errorf("nothing was looked for in %s, which is empty or missing", name)
		}
	}
	leak(t, cloud, result.Log, left)
}

// openShop starts a cluster that lets in whom Google names, with a namespace that the job may deploy to.
func openShop(t *testing.T, cloud *cloudtest.Cloud, google *googletest.Google, nodes string) {
	t.Helper()
	cluster := startCluster(t, cloud, "gke", google.Issuer, googletest.Audience, "sub")
	publish(t, cloud, google, cluster)
	permit(t, cluster, "shop", google.Principal("repo:octo-org/octo-repo:environment:production"))
	kubectl(t, cluster, "-n", "shop", "create", "secret", "docker-registry", "registry",
		"--docker-server", artifacts, "--docker-username", "oauth2accesstoken", "--docker-password", nodes)
}
