package inputs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
)

const identityPool = "projects/123456789012/locations/global/workloadIdentityPools/github"

func TestParse_sign_in_to_Google_Cloud(t *testing.T) {
	account := map[string]string{"gcp-workload-identity-provider": identityPool + "/providers/octo"}
	cluster := with(account, map[string]string{"provider": "gke", "cluster": "shop", "location": "europe-west1",
		"gcp-project-id": "octo-shop"})
	for _, test := range []struct {
		name  string
		given map[string]string
		want  error
	}{
		{"registry_alone", account, nil},
		{"cluster_by_name", cluster, nil},
		{"cluster_by_full_name", with(account,
			map[string]string{"provider": "gke", "cluster": "projects/p/locations/l/clusters/c"}), nil},
		{"membership", with(account, map[string]string{"provider": "gke", "cluster": "projects/p/locations/l/memberships/c",
			"endpoint": "connect-gateway"}), nil},
		{"provider_with_its_host", map[string]string{"gcp-workload-identity-provider": "https://iam.googleapis.com/" + identityPool +
			"/providers/octo"}, nil},
		{"nothing_given", map[string]string{"provider": "gke"},
			inputs.Problems{"provider gke also needs gcp-workload-identity-provider, cluster, location, gcp-project-id"}},
		{"pool_in_place_of_its_provider", map[string]string{"gcp-workload-identity-provider": identityPool}, inputs.Problems{
			`gcp-workload-identity-provider: "` + identityPool + `" is a pool; name the provider in it too, ` + identityPool +
				`/providers/PROVIDER, one of: ` +
				"gcloud iam workload-identity-pools providers list --workload-identity-pool=github --location=global " +
				"--project=123456789012"}},
		{"project_id_in_place_of_its_number",
			map[string]string{"gcp-workload-identity-provider": "projects/octo-shop/locations/global/workloadIdentityPools/github/providers/octo"},
			inputs.Problems{`gcp-workload-identity-provider: "octo-shop" is the project's ID, and its number is wanted: projects/NUMBER/locations/...; ` +
				`it is printed by: gcloud projects describe octo-shop --format='value(projectNumber)'`}},
		{"no_providers_name", map[string]string{"gcp-workload-identity-provider": "octo"}, inputs.Problems{
			`gcp-workload-identity-provider: "octo" is not a provider's full name; write projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`}},
		{"account_without_a_provider", map[string]string{"gcp-service-account": "deploy@octo-shop.iam.gserviceaccount.com"},
			inputs.Problems{"gcp-service-account also needs gcp-workload-identity-provider, which the job signs in with first"}},
		{"account_by_name", with(account, map[string]string{"gcp-service-account": "deploy"}), inputs.Problems{
			`gcp-service-account: "deploy" is not the e-mail address of a service account; write NAME@PROJECT.iam.gserviceaccount.com`}},
		{"half_a_full_name", with(cluster, map[string]string{"cluster": "europe-west1/shop"}),
			inputs.Problems{`cluster: "europe-west1/shop" is neither a name nor projects/PROJECT/locations/LOCATION/clusters/NAME`}},
		{"membership_without_its_gateway", with(cluster,
			map[string]string{"cluster": "projects/p/locations/l/memberships/c"}),
			inputs.Problems{`cluster: "projects/p/locations/l/memberships/c" is a fleet membership, which has the endpoint connect-gateway alone`}},
		{"dns_elsewhere", map[string]string{"endpoint": "dns"}, inputs.Problems{"endpoint: dns is for provider gke"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parse(test.given, inputs.Needs{})
			if diff := cmp.Diff(test.want, err, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGKECluster(t *testing.T) {
	const full = "projects/octo-shop/locations/europe-west1/clusters/shop"
	for _, c := range []inputs.Config{
		{Cluster: full},
		{Cluster: "shop", Location: "europe-west1", Google: inputs.Google{ProjectID: "octo-shop"}},
	} {
		if got := c.GKECluster(); got != full {
			t.Errorf("%s, want %s", got, full)
		}
	}
}
