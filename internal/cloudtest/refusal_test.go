package cloudtest_test

import (
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/cloudtest"
)

// TestRefusals has real API servers refuse a job that its cloud trusts, or not be there at all.
func TestRefusals(t *testing.T) {
	t.Parallel()
	cloud := cloudtest.Start(t)
	tenant := cloudtest.NewAzure(cloud)
	cluster := startCluster(t, cloud, "aks", tenant.Issuer, cloudtest.AKSServer, "oid")
	another, google := cloudtest.NewAzure(cloud), cloudtest.NewGoogle(cloud) // its tokens are signed by another key
	google.ArtifactRegistry(artifacts)
	pushSample(t, artifacts+"/octo-shop/shop/app:v1", as(cloud, "oauth2accesstoken", google.NodeToken())...)
	pushSample(t, another.Registry+"/app:v1", as(cloud, "nodes", cloudtest.NodePassword)...)
	aks := func(azure *cloudtest.Azure, server string) map[string]string {
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
	for _, row := range []struct {
		name   string
		inputs func() map[string]string
		want   string
	}{
		{"aks_of_another_tenant", func() map[string]string { return aks(another, "") },
			"the cluster takes no tokens of this Entra tenant; compare azure-tenant-id with az aks show --query aadProfile.tenantId"},
		{"gke_that_does_not_know_the_job", func() map[string]string { return gke("") },
			"the cluster does not take this identity's token; where gcp-service-account is empty, give one"},
		{"private_aks", func() map[string]string {
			return aks(another, "https://shop-0a1b2c3d.privatelink.westeurope.azmk8s.io:443")
		},
			"run the job on a self-hosted runner in the cluster's network"},
		{"private_gke", func() map[string]string { return gke("10.0.0.2") }, "set endpoint to dns, which gcloud container clusters update --enable-dns-access opens"},
	} {
		t.Run(row.name, func(t *testing.T) {
			j := newJob(t, cloud)
			j.write(t, "kustomization.yaml", "resources: [app.yaml]\n")
			j.write(t, "app.yaml", manifests)
			if status, log := j.run(t, row.inputs(), "plan"); status != 3 || !strings.Contains(log, row.want) {
				t.Errorf("status %d, want 3 and %q", status, row.want)
			}
		})
	}
}
