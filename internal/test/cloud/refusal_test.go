package cloud_test

import (
	"strings"
	"testing"

	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	azuretest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/azure"
	googletest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
)

// TestRefusals has real API servers refuse a job that its cloud trusts, or not be there at all.
func TestRefusals(t *testing.T) {
	t.Parallel()
	cloud := cloudtest.Start(t)
	tenant := azuretest.New(cloud)
	cluster := startCluster(t, cloud, "aks", tenant.Issuer, azuretest.AKSServer, "oid")
	another, google := azuretest.New(cloud), googletest.New(cloud) // its tokens are signed by another key
	google.ArtifactRegistry(artifacts)
	pushSample(t, artifacts+"/octo-shop/shop/app:v1", as(cloud, "oauth2accesstoken", google.NodeToken())...)
	pushSample(t, another.Registry+"/app:v1", as(cloud, "nodes", azuretest.NodePassword)...)
	aks := func(azure *azuretest.Azure, server string) map[string]string {
		known, ca := address(t, cluster)
		azure.Cluster.Server, azure.Cluster.CA = known, ca
		if server != "" {
			azure.Cluster.Server = server
		}
		return aksInputs(azure, "shop")
	}
	gke := func(endpoint string) map[string]string {
		publish(t, cloud, google, cluster)
		if endpoint != "" {
			google.Cluster["endpoint"] = endpoint
		}
		return gkeInputs(google, "shop", nil)
	}
	for _, test := range []struct {
		name   string
		inputs func() map[string]string
		want   string
	}{
		{"aks_of_another_tenant", func() map[string]string { return aks(another, "") },
			"the cluster takes no tokens of this Entra tenant; compare azure-tenant-id with az aks show --query " +
				"aadProfile.tenantId"},
		{"gke_that_does_not_know_the_job", func() map[string]string { return gke("") },
			"the cluster does not take this identity's token; where gcp-service-account is empty, give one"},
		{"private_aks", func() map[string]string {
			return aks(another, "https://shop-0a1b2c3d.privatelink.westeurope.azmk8s.io:443")
		},
			"run the job on a self-hosted runner in the cluster's network"},
		{"private_gke", func() map[string]string { return gke("10.0.0.2") },
			"set endpoint to dns, which gcloud container clusters update --enable-dns-access opens"},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := newJob(t, cloud)
			j.write(t, "kustomization.yaml", "resources: [app.yaml]\n")
			j.write(t, "app.yaml", manifests)
			if status, log := j.run(t, test.inputs(), "plan"); status != 3 || !strings.Contains(log, test.want) {
				t.Errorf("status %d, want 3 and %q", status, test.want)
			}
		})
	}
}

// TestRefusals_of_registries has a run that only looks at images be refused by their registry, or on the way to it.
func TestRefusals_of_registries(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*azuretest.Azure, *googletest.Google)
		google bool
		want   []string
	}{
		{"azure_without_a_role", func(a *azuretest.Azure, _ *googletest.Google) { a.RegistryRole = "" }, false, []string{
			"az role assignment create --role AcrPull --assignee af3110ba-0ba9-4412-b1a0-59f50b7e9273",
		}},
		{"azure_without_trust", func(a *azuretest.Azure, _ *googletest.Google) {
			a.Federation.Subject = "repo:Octo-Org/octo-repo:environment:production"
		}, false, []string{
			"AADSTS7002138", "sub: repo:octo-org/octo-repo:environment:production", "az ad app federated-credential create",
		}},
		{"google_without_a_role", func(_ *azuretest.Azure, g *googletest.Google) { g.Roles = nil }, true, []string{
			"gcloud artifacts repositories add-iam-policy-binding shop", "--role=roles/artifactregistry.reader",
		}},
		{"google_without_trust",
			func(_ *azuretest.Azure, g *googletest.Google) { g.Provider.Audiences = []string{"another"} },
			true, []string{
				"--allowed-audiences=https://iam.googleapis.com/projects/123456789012/",
				"sub: repo:octo-org/octo-repo:environment:production",
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			cloud := cloudtest.Start(t)
			azure, google := azuretest.New(cloud), googletest.New(cloud)
			google.ArtifactRegistry(artifacts)
			test.change(azure, google)
			inputs := map[string]string{"images": "registry/app=" + azure.Registry + "/app", "azure-client-id": azure.ClientID,
				"azure-tenant-id": azure.TenantID}
			if test.google {
				inputs = map[string]string{"images": "registry/app=" + artifacts + "/octo-shop/shop/app",
					"gcp-workload-identity-provider": google.Provider.Name}
			}
			status, log := newJob(t, cloud).run(t, inputs, "verify")
			for _, want := range test.want {
				if status != 3 || !strings.Contains(log, want) {
					t.Errorf("status %d, want 3 and %q", status, want)
				}
			}
		})
	}
}

// TestDelay: what was set up a moment ago is not known everywhere yet, so the run tries again, and says so.
func TestDelay(t *testing.T) {
	t.Parallel()
	cloud := cloudtest.Start(t)
	azure := azuretest.New(cloud)
	azure.Delay(1)
	pushSample(t, azure.Registry+"/app:v1", as(cloud, "nodes", azuretest.NodePassword)...)
	inputs := map[string]string{"images": "registry/app=" + azure.Registry + "/app", "azure-client-id": azure.ClientID,
		"azure-tenant-id": azure.TenantID}
	const want = "Microsoft Entra does not trust this job yet; what was set up a moment ago takes a while to be known " +
		"everywhere, so this is tried for 1m0s"
	if status, log := newJob(t, cloud).run(t, inputs, "verify"); status != 0 || !strings.Contains(log, want) {
		t.Errorf("status %d, want 0 and %q", status, want)
	}
}

// TestInputs is about what is wrong before any cloud is asked.
func TestInputs(t *testing.T) {
	t.Parallel()
	const pool = "projects/123456789012/locations/global/workloadIdentityPools/github"
	cloud := cloudtest.Start(t)
	azure, j := azuretest.New(cloud), newJob(t, cloud)
	for _, test := range []struct {
		name         string
		vars, inputs map[string]string
		status       int
		want         string
	}{
		{"no_id_token_for_azure", map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": ""},
			map[string]string{"images": "app=" + azure.Registry + "/app", "azure-client-id": azure.ClientID,
				"azure-tenant-id": azure.TenantID}, 3, "permissions:%0A      id-token: write"},
		{"no_id_token_for_google", map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": ""},
			map[string]string{"images": "app=" + artifacts + "/octo-shop/shop/app", "gcp-workload-identity-provider": pool +
				"/providers/octo-repo"}, 3, "permissions:%0A      id-token: write"},
		{"pool_in_place_of_its_provider", nil, map[string]string{"images": "app=app", "gcp-workload-identity-provider": pool},
			2,
			"is a pool; name the provider in it too, " + pool + "/providers/PROVIDER"},
		{"project_id_in_place_of_its_number", nil,
			map[string]string{"images": "app=app",
				"gcp-workload-identity-provider": "projects/octo-shop/locations/global/workloadIdentityPools/github/providers/octo-repo"}, 2,
			`"octo-shop" is the project's ID, and its number is wanted`},
	} {
		t.Run(test.name, func(t *testing.T) {
			j.vars = test.vars
			if status, log := j.attempt(t, test.inputs, "verify"); status != test.status || !strings.Contains(log, test.want) {
				t.Errorf("status %d, want %d and %q", status, test.status, test.want)
			}
		})
	}
}
