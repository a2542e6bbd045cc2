package inputs_test

import (
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/catalogue"
)

// FuzzParse: whatever a workflow passes, the inputs are a Config or a list of problems, and no problem shows a secret.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "app=ghcr.io/me/app", "app=ghcr.io/me/app platforms=linux/arm64 tag=v1", "type=gha,mode=max", "\"key=a\nb\"\"c\"",
		"ID=VALUE",
		"tcp://h:1 platforms=linux/amd64\nassemble", "cloudbuild region=europe-west1", "dist/{os}_{arch}/app:/app/app:0755",
		"[\"/app\"]",
		"/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c",
		"projects/p/locations/l/clusters/c",
		"::stop-commands::x\r\n", "\x00\x1b\xff", "{tag} {revision} {x}", "index:a=b", "10m", "-1", "true",
	} {
		for i := range catalogue.All {
			f.Add(uint16(i), seed, uint16(i*7), seed)
		}
	}
	const secret = "t0p-s3cret-value"
	f.Fuzz(func(t *testing.T, first uint16, one string, second uint16, other string) {
		given := map[string]string{
			"images": "app=ghcr.io/me/app", "mode": "build", "registry-password": secret, "registry-username": "me",
			"github-token": secret,
			"secrets":      "key=" + secret,
		}
		given[catalogue.All[int(first)%len(catalogue.All)].Name] = one
		given[catalogue.All[int(second)%len(catalogue.All)].Name] = other
		value := func(name string) string { return given[name] }
		_, err := inputs.Parse(value, inputs.Needs{Images: true, Source: build.Source{Revision: "v1"}})
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("a problem shows a secret: %v", err)
		}
		inputs.Secrets(value)
	})
}
