//go:build engines

package cloud_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	azuretest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/azure"
	googletest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
)

// dockerfile builds from an image of the registry, for longer than a token lives.
const dockerfile = `FROM REGISTRY/base:latest
RUN sleep 4 && echo REGISTRY > /from
`

// TestBuild has a real BuildKit pull and push with what the sign-in brings. BuildKit asks the program for tokens, over
// the session, and reaches the registry as any other machine does.
func TestBuild(t *testing.T) {
	t.Parallel()
	cloud := cloudtest.Start(t)
	env := cloud.Env()
	buildKit := buildkit.Start(t, "HTTPS_PROXY="+env["HTTPS_PROXY"], "SSL_CERT_FILE="+env["SSL_CERT_FILE"])
	azure, google := azuretest.New(cloud), googletest.New(cloud)
	google.ArtifactRegistry(artifacts)
	nodes := google.NodeToken()
	azure.Life, google.Life = 3*time.Second, 3*time.Second
	for _, test := range []struct {
		name, registry string
		reader         []remote.Option
		inputs         map[string]string
	}{
		{"azure", azure.Registry, as(cloud, "nodes", azuretest.NodePassword),
			map[string]string{"azure-client-id": azure.ClientID, "azure-tenant-id": azure.TenantID}},
		{"google", artifacts + "/octo-shop/shop", as(cloud, "oauth2accesstoken", nodes),
			map[string]string{"gcp-workload-identity-provider": google.Provider.Name}},
	} {
		t.Run(test.name, func(t *testing.T) {
			pushBusybox(t, test.registry+"/base:latest", test.reader)
			test.inputs["images"] = "registry/app=" + test.registry + "/app"
			test.inputs["mode"], test.inputs["builder"] = "build", buildKit
			j := newJob(t, cloud)
			j.write(t, "Dockerfile", strings.ReplaceAll(dockerfile, "REGISTRY", test.registry))
			if status, _ := j.run(t, test.inputs, "build"); status != 0 {
				t.Errorf("status %d", status)
			}
			if _, err := remote.Head(tag(t, test.registry+"/app:v1"), test.reader...); err != nil {
				t.Error(err)
			}
		})
	}
	refuse(t, cloud, azure, google, buildKit)
}

// refuse has registries refuse what is pushed, to BuildKit and to the program itself.
func refuse(t *testing.T, cloud *cloudtest.Cloud, azure *azuretest.Azure, google *googletest.Google, buildKit string) {
	toAzure := map[string]string{"azure-client-id": azure.ClientID, "azure-tenant-id": azure.TenantID,
		"images": "registry/app=" + azure.Registry + "/app"}
	toGoogle := map[string]string{"gcp-workload-identity-provider": google.Provider.Name, "images": "registry/app=" +
		artifacts + "/octo-shop/shop/app"}
	for _, test := range []struct {
		name   string
		change func()
		inputs map[string]string
		want   []string
	}{
		{"azure_pulls_only", func() { azure.RegistryRole = "AcrPull" }, toAzure,
			[]string{"az role assignment create --role AcrPush"}},
		{"azure_has_no_role", func() { azure.RegistryRole = "" }, toAzure,
			[]string{"signing in to shop.azurecr.io", "az role assignment create --role AcrPull"}},
		{"azure_has_no_consent", func() { azure.Refusals["https://containerregistry.azure.net"] = 65001 }, toAzure,
			[]string{"az ad app permission admin-consent"}},
		{"google_pulls_only", func() {
			job := google.Principal("repo:octo-org/octo-repo:environment:production")
			google.Roles["roles/artifactregistry.reader"] = []string{job}
			google.Roles["roles/artifactregistry.writer"] = nil
		}, toGoogle, []string{"gcloud artifacts repositories add-iam-policy-binding shop",
			"--role=roles/artifactregistry.writer"}},
	} {
		for builder, more := range map[string]map[string]string{
			"buildkit": {"builder": buildKit}, "assemble": {"builder": "assemble", "artifacts": "Dockerfile:/Dockerfile"},
		} {
			t.Run(test.name+"_"+builder, func(t *testing.T) {
				test.change()
				j := newJob(t, cloud)
				j.write(t, "Dockerfile", "FROM scratch\nCOPY Dockerfile /\n")
				maps.Copy(more, test.inputs)
				more["mode"] = "build"
				status, log := j.attempt(t, more, "build")
				for _, want := range test.want {
					if status != 3 || !strings.Contains(log, want) {
						t.Errorf("status %d, want 3 and %q", status, want)
					}
				}
			})
		}
	}
}

func pushBusybox(t *testing.T, reference string, options []remote.Option) {
	t.Helper()
	buildkit.PushBusybox(t, tag(t, reference), options...)
}

func tag(t *testing.T, reference string) name.Tag {
	t.Helper()
	ref, err := name.NewTag(reference)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}
