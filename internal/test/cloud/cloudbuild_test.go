//go:build engines

package cloud_test

import (
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	cloudbuildtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/cloudbuild"
	googletest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
)

// TestCloud_Build runs the whole pipeline with Cloud Build: the job sends its context, real buildx and BuildKit build
// and push what it asked for, and the images go to a cluster of GKE, and to one elsewhere. Tokens live for three
// seconds.
func TestCloud_Build(t *testing.T) {
	cloud := cloudtest.Start(t)
	google := googletest.New(cloud)
	google.ArtifactRegistry(artifacts)
	builds := cloudbuildtest.New(google, cloudbuildtest.Worker(t, google))
	cluster := startCluster(t, cloud, "gke", google.Issuer, googletest.Audience, "sub")
	publish(t, cloud, google, cluster)
	nodes := google.NodeToken()
	pushBase(t, cloud, nodes)
	google.Life, google.AccountLife = 3*time.Second, 3*time.Second
	job := google.Principal("repo:octo-org/octo-repo:environment:production")

	for _, test := range []struct {
		namespace string
		inputs    map[string]string
	}{
		{"gke", gkeInputs(google, "gke", nil)},
		{"elsewhere", map[string]string{
			"provider": "kubeconfig", "kubeconfig": cluster.Kubeconfig, "namespace": "elsewhere", "arch-policy": "spread",
			"gcp-service-account": google.ServiceAccount,
			"builder": "cloudbuild bucket=octo-builds region=europe-west1 machine-type=E2_HIGHCPU_8 timeout=10m " +
				"service-account=" + google.ServiceAccount,
		}},
	} {
		t.Run(test.namespace, func(t *testing.T) {
			builds.Storage.Buckets["octo-builds"] = "octo-shop"
			permit(t, cluster, test.namespace, job)
			pullSecret(t, cluster, test.namespace, nodes)
			j := cloudJob(t, cloud, "FROM "+artifacts+"/octo-shop/shop/base:1\nRUN uname -m && echo "+test.namespace+"\n")
			inputs := cloudInputs(google)
			maps.Copy(inputs, test.inputs)
			status, log := j.run(t, inputs)
			if status != 0 {
				t.Errorf("status %d", status)
			}
			for _, want := range []string{"::group::Build registry/app for linux/amd64, linux/arm64 on Cloud Build", "aarch64",
				"x86_64", "Sent the context"} {
				if !strings.Contains(log, want) {
					t.Errorf("the log does not say %q", want)
				}
			}
		})
	}
	t.Run("dockerfile_at_fault", func(t *testing.T) {
		dockerfile := "FROM " + artifacts + "/octo-shop/shop/base:1\nRUN echo ::warning::obey && false\n"
		status, log := cloudJob(t, cloud, dockerfile).run(t, cloudInputs(google), "build")
		if status != 1 || !regexp.MustCompile(`(?m)^::error file=Dockerfile,line=2,`).MatchString(log) ||
			strings.Contains(log, "\n::warning::obey") {
			t.Errorf("status %d, or the line at fault is not told, or the build spoke to the runner", status)
		}
	})
	if diff := cmp.Diff(map[string]int{"SUCCESS": 2, "FAILURE": 1}, builds.Statuses()); diff != "" {
		t.Errorf("builds (-want +got):\n%s", diff)
	}
	for _, object := range builds.Storage.Objects() {
		if strings.HasSuffix(object, ".tgz") {
			t.Errorf("%s was left behind", object)
		}
	}
}

// cloudInputs are the least that a run with Cloud Build takes.
func cloudInputs(google *googletest.Google) map[string]string {
	return map[string]string{
		"images": "registry/app=" + artifacts + "/octo-shop/shop/app", "mode": "build", "builder": "cloudbuild",
		"gcp-project-id": "octo-shop", "gcp-workload-identity-provider": google.Provider.Name,
	}
}

// cloudJob is a job whose workspace holds an app.
func cloudJob(t *testing.T, cloud *cloudtest.Cloud, dockerfile string) *job {
	t.Helper()
	j := newJob(t, cloud)
	j.write(t, "Dockerfile", dockerfile)
	j.write(t, "kustomization.yaml", "resources: [app.yaml]\n")
	j.write(t, "app.yaml", strings.Replace(manifests, "minReadySeconds: 15", "minReadySeconds: 0", 1))
	return j
}

// pushBase pushes a base image with a shell for both CPUs.
func pushBase(t *testing.T, cloud *cloudtest.Cloud, token string) {
	t.Helper()
	ref, err := name.ParseReference(artifacts + "/octo-shop/shop/base:1")
	if err != nil {
		t.Fatal(err)
	}
	buildkit.PushBusybox(t, ref, remote.WithTransport(cloud.Client().Transport),
		remote.WithAuth(authn.FromConfig(authn.AuthConfig{Username: "oauth2accesstoken", Password: token})))
}
