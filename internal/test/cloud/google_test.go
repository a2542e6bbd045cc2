package cloud_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	googletest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
)

const (
	dnsEndpoint = "gke-0a1b2c.europe-west1.gke.goog"
	gateway     = "connectgateway.googleapis.com"
	membership  = "projects/octo-shop/locations/europe-west1/memberships/shop"
	artifacts   = "europe-docker.pkg.dev"
)

// TestGoogle deploys to a cluster that lets in whom Google names, by each of its addresses, under exactly the roles of
// rbac.yaml, with tokens that live for three seconds and images in Artifact Registry.
func TestGoogle(t *testing.T) {
	t.Parallel()
	cloud := cloudtest.Start(t)
	google := googletest.New(cloud)
	google.ArtifactRegistry(artifacts)
	cluster := startCluster(t, cloud, "gke", google.Issuer, googletest.Audience, "sub")
	publish(t, cloud, google, cluster)
	nodes := google.NodeToken()
	pushSample(t, artifacts+"/octo-shop/shop/app:v1", as(cloud, "oauth2accesstoken", nodes)...)
	google.Life, google.AccountLife = 3*time.Second, 3*time.Second
	job := google.Principal("repo:octo-org/octo-repo:environment:production")

	quick := strings.Replace(manifests, "minReadySeconds: 15", "minReadySeconds: 0", 1)
	for _, test := range []struct {
		namespace, user string
		inputs          map[string]string
		manifests       string
		// minted is how many tokens the run takes at least: one for what comes after a rollout that lasts five times a
		// token's life, and at the DNS endpoint one for each time that its watches are cut off; an account takes two each.
		minted int
	}{
		{"direct", job, nil, manifests, 2},
		{"as-account", google.ServiceAccount, map[string]string{"endpoint": "dns",
			"gcp-service-account": google.ServiceAccount}, manifests, 6},
		{"by-private-address", job, map[string]string{"endpoint": "private"}, quick, 1},
		{"by-gateway", job, map[string]string{"endpoint": "connect-gateway", "cluster": google.ClusterName(), "location": "",
			"gcp-project-id": ""}, quick, 1},
	} {
		t.Run(test.namespace, func(t *testing.T) {
			permit(t, cluster, test.namespace, test.user)
			pullSecret(t, cluster, test.namespace, nodes)
			j := newJob(t, cloud)
			j.write(t, "kustomization.yaml", "resources: [app.yaml]\n")
			j.write(t, "app.yaml", test.manifests)
			before := google.Minted()
			status, log := j.run(t, gkeInputs(google, test.namespace, test.inputs))
			if status != 0 || !strings.Contains(log, "::group::Sign in\n") {
				t.Errorf("status %d, or the log has no group for the sign-in", status)
			}
			minted := google.Minted() - before
			t.Logf("%d tokens were minted", minted)
			if minted < test.minted {
				t.Errorf("%d tokens were minted, want %d or more", minted, test.minted)
			}
		})
	}
	t.Run("plans_for_its_node_pools", func(t *testing.T) {
		permit(t, cluster, "pools", job)
		planForNodePools(t, cloud, google)
	})
	t.Run("registry_refuses", func(t *testing.T) {
		roles := google.Roles
		google.Roles = map[string][]string{}
		defer func() { google.Roles = roles }()
		inputs := map[string]string{"images": "registry/app=" + artifacts + "/octo-shop/shop/app",
			"gcp-workload-identity-provider": google.Provider.Name}
		status, log := newJob(t, cloud).run(t, inputs, "verify")
		if status != 3 || !strings.Contains(log, "roles/artifactregistry.reader") {
			t.Errorf("status %d, or the error does not name the role", status)
		}
	})
	t.Run("refused", func(t *testing.T) {
		google.Provider.Audiences = []string{"another"}
		status, log := newJob(t, cloud).run(t, gkeInputs(google, "direct", nil))
		if status != 3 || !strings.Contains(log, "--allowed-audiences=") {
			t.Errorf("status %d, or the error does not say what to do", status)
		}
	})
}

func gkeInputs(google *googletest.Google, namespace string, more map[string]string) map[string]string {
	inputs := map[string]string{
		"images": "registry/app=" + artifacts + "/octo-shop/shop/app", "namespace": namespace, "arch-policy": "spread",
		"prune":    "true",
		"provider": "gke", "cluster": "shop", "location": "europe-west1", "gcp-project-id": "octo-shop",
		"gcp-workload-identity-provider": google.Provider.Name,
	}
	maps.Copy(inputs, more)
	return inputs
}

// publish makes GKE and the fleet tell of a local cluster, and leads its other addresses to it.
func publish(t *testing.T, cloud *cloudtest.Cloud, google *googletest.Google, cluster *localcluster.Cluster) {
	t.Helper()
	config := way(t, cluster)
	google.Cluster = map[string]any{
		"name":                 "shop",
		"endpoint":             strings.TrimPrefix(config.Host, "https://"),
		"masterAuth":           map[string]any{"clusterCaCertificate": config.CAData}, // bytes are base64 in JSON
		"privateClusterConfig": map[string]any{"privateEndpoint": strings.TrimPrefix(config.Host, "https://")},
		"controlPlaneEndpointsConfig": map[string]any{
			"dnsEndpointConfig": map[string]any{"endpoint": dnsEndpoint, "allowExternalTraffic": true},
		},
		"fleet": map[string]any{"membership": "//gkehub.googleapis.com/" + membership},
	}
	google.Membership = map[string]any{"name": membership, "endpoint": map[string]any{"gkeCluster": map[string]any{}}}
	cloud.Lead(t, dnsEndpoint, "", config)
	cloud.Lead(t, gateway, "/v1/projects/"+google.ProjectNumber+"/locations/europe-west1/gkeMemberships/shop", config)
}

func pullSecret(t *testing.T, cluster *localcluster.Cluster, namespace, token string) {
	t.Helper()
	kubectl(t, cluster, "-n", namespace, "create", "secret", "docker-registry", "registry",
		"--docker-server", artifacts, "--docker-username", "oauth2accesstoken", "--docker-password", token)
}

// planForNodePools plans for pools as GKE has them: one with nodes, one without, one that keeps its nodes free of the
// taint, and what node auto-provisioning starts.
func planForNodePools(t *testing.T, cloud *cloudtest.Cloud, google *googletest.Google) {
	google.Cluster["locations"] = []string{"us-central1-a", "us-central1-b"}
	google.Cluster["nodePools"] = []map[string]any{
		{"name": "arm", "initialNodeCount": 3, "config": map[string]any{"machineType": "t2a-standard-4"},
			"locations": []string{"us-central1-a"}},
		{"name": "axion", "config": map[string]any{"machineType": "c4a-standard-8"},
			"autoscaling": map[string]any{"enabled": true, "maxNodeCount": 5}},
		{"name": "open", "config": map[string]any{"machineType": "n4a-standard-2", "taintConfig": map[string]any{
			"architectureTaintBehavior": "NONE"}, "taints": []map[string]any{{"key": "team", "value": "shop",
			"effect": "NO_SCHEDULE"}}}, "autoscaling": map[string]any{"enabled": true, "totalMaxNodeCount": 7}},
	}
	google.Cluster["autoscaling"] = map[string]any{"enableNodeAutoprovisioning": true,
		"resourceLimits": []map[string]any{{"resourceType": "cpu", "maximum": "64"}}}
	defer delete(google.Cluster, "nodePools")
	defer delete(google.Cluster, "autoscaling")
	j := newJob(t, cloud)
	j.write(t, "kustomization.yaml", "resources: [app.yaml]\n")
	j.write(t, "app.yaml", manifests)
	const arm, auto = "kubernetes.io/arch=arm64:NoSchedule", "of node auto-provisioning"
	want := []placement.NodeGroup{
		{Architecture: "amd64", OS: "linux", Count: 3, Taints: []string{}, Source: pool.GKE, Pool: auto},
		{Architecture: "arm64", OS: "linux", Count: 3, Taints: []string{arm}, Source: pool.GKE, Pool: "arm", Max: new(3)},
		{Architecture: "arm64", OS: "linux", Taints: []string{arm}, Source: pool.GKE, Pool: "axion", Max: new(10)},
		{Architecture: "arm64", OS: "linux", Taints: []string{"team=shop:NoSchedule"}, Source: pool.GKE, Pool: "open",
			Max: new(7)},
	}
	if diff := cmp.Diff(want, j.plan(t, gkeInputs(google, "pools", nil)).Nodes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
