package cloudtest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build/buildkit/buildkittest"
	"github.com/multiarch-deploy/multiarch-deploy/internal/cloudtest"
)

// dockerfile builds from an image of the registry, for longer than a token lives.
const dockerfile = `FROM REGISTRY/base:latest
RUN sleep 4 && echo REGISTRY > /from
`

// TestBuild has a real BuildKit pull and push with what the sign-in brings. BuildKit asks the program for tokens, over
// the session, and reaches the registry as any other machine does.
func TestBuild(t *testing.T) {
	cloud := cloudtest.Start(t)
	env := cloud.Env()
	buildKit := buildkittest.Start(t, "HTTPS_PROXY="+env["HTTPS_PROXY"], "SSL_CERT_FILE="+env["SSL_CERT_FILE"])
	azure, google := cloudtest.NewAzure(cloud), cloudtest.NewGoogle(cloud)
	google.ArtifactRegistry(artifacts)
	nodes := google.NodeToken()
	azure.Life, google.Life = 3*time.Second, 3*time.Second
	for _, row := range []struct {
		name, registry string
		reader         []remote.Option
		inputs         map[string]string
	}{
		{"azure", azure.Registry, as(cloud, "nodes", cloudtest.NodePassword),
			map[string]string{"azure-client-id": azure.ClientID, "azure-tenant-id": azure.TenantID}},
		{"google", artifacts + "/octo-shop/shop", as(cloud, "oauth2accesstoken", nodes),
			map[string]string{"gcp-workload-identity-provider": google.Provider.Name}},
	} {
		t.Run(row.name, func(t *testing.T) {
			push(t, row.registry+"/base:latest", row.reader)
			row.inputs["images"] = "registry/app=" + row.registry + "/app"
			row.inputs["mode"], row.inputs["builder"] = "build", buildKit
			j := newJob(t, cloud)
			j.write(t, "Dockerfile", strings.ReplaceAll(dockerfile, "REGISTRY", row.registry))
			if status, _ := j.run(t, row.inputs, "build"); status != 0 {
				t.Errorf("status %d", status)
			}
			if _, err := remote.Head(tag(t, row.registry+"/app:v1"), row.reader...); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("registry_refuses", func(t *testing.T) {
		azure.Refusals["https://containerregistry.azure.net"] = 65001
		j := newJob(t, cloud)
		j.write(t, "Dockerfile", "FROM scratch\nCOPY Dockerfile /\n")
		status, log := j.attempt(t, map[string]string{"images": "registry/app=" + azure.Registry + "/app", "mode": "build", "builder": buildKit,
			"azure-client-id": azure.ClientID, "azure-tenant-id": azure.TenantID}, "build")
		if status != 3 || !strings.Contains(log, "az ad app permission admin-consent") || strings.Contains(log, "COPY Dockerfile") {
			t.Errorf("status %d, or the error does not say what to do, or comes after the build", status)
		}
	})
}

func push(t *testing.T, reference string, options []remote.Option) {
	t.Helper()
	buildkittest.PushBusybox(t, tag(t, reference), options...)
}

func tag(t *testing.T, reference string) name.Tag {
	t.Helper()
	ref, err := name.NewTag(reference)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}
