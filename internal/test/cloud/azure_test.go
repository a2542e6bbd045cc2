package cloud_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	azuretest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/azure"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// manifests roll out for longer than a token lives: pods count as available after 15 seconds. The API server takes a
// token for up to 10 seconds after it has ended, as it remembers whom it has let in.
const manifests = `apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  replicas: 2
  minReadySeconds: 15
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      imagePullSecrets: [{name: registry}]
      containers: [{name: app, image: registry/app}]
---
apiVersion: v1
kind: Service
metadata: {name: app}
spec: {selector: {app: app}, ports: [{port: 80, targetPort: 8080}]}
`

const settings = `---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {greeting: hello}
`

// TestAzure deploys to a cluster that lets in whom Entra names, under exactly the roles of rbac.yaml, with tokens that
// live for three seconds.
func TestAzure(t *testing.T) {
	t.Parallel()
	cloud := cloudtest.Start(t)
	azure := azuretest.New(cloud)
	azure.Life = 3 * time.Second
	cluster := startCluster(t, cloud, "aks", azure.Issuer, azuretest.AKSServer, "oid")
	azure.Cluster.Server, azure.Cluster.CA = address(t, cluster)
	pushSample(t, azure.Registry+"/app:v1", as(cloud, "nodes", azuretest.NodePassword)...)
	j := newJob(t, cloud)
	j.write(t, "kustomization.yaml", "resources: [app.yaml]\n")
	j.write(t, "app.yaml", manifests+settings)
	t.Run("without_a_role_in_the_cluster", func(t *testing.T) {
		const want = "give the identity the roles of https://github.com/multiarch-deploy/multiarch-deploy/blob/main/docs/rbac.yaml, " +
			"bound to the object ID of its service principal"
		if status, log := j.run(t, aksInputs(azure, "shop"), "plan"); status != 3 || !strings.Contains(log, want) {
			t.Errorf("status %d, want 3 and %q", status, want)
		}
	})
	prepare(t, cluster, "shop", azure)
	t.Run("plans_for_its_agent_pools", func(t *testing.T) { planForAgentPools(t, azure, j) })
	inputs := aksInputs(azure, "shop")
	inputs["prune"] = "true"
	status, log := j.run(t, inputs)
	if status != 0 {
		t.Fatalf("status %d", status)
	}
	if !strings.Contains(log, "::group::Sign in\n") {
		t.Error("the log has no group for the sign-in")
	}
	if minted := azure.Minted(azuretest.AKSServer); minted < 2 {
		t.Errorf("the cluster was reached with %d token, which ended long before the rollout did", minted)
	}
	t.Run("prunes", func(t *testing.T) {
		j.write(t, "app.yaml", manifests)
		if status, log := j.run(t, inputs); status != 0 || !strings.Contains(log, "pruned v1 ConfigMap shop/settings") {
			t.Errorf("status %d, or nothing is pruned", status)
		}
	})
	t.Run("cluster_without_Entra", func(t *testing.T) {
		azure.Cluster.Certificate, azure.Cluster.Key = way(t, cluster).CertData, way(t, cluster).KeyData
		defer func() { azure.Cluster.Certificate, azure.Cluster.Key = nil, nil }()
		for line := range strings.Lines(string(azure.Cluster.Key)) {
			cloud.Secret(strings.TrimSpace(line))
		}
		before := azure.Minted(azuretest.AKSServer)
		if status, _ := j.run(t, inputs); status != 0 || azure.Minted(azuretest.AKSServer) != before {
			t.Errorf("status %d, %d tokens", status, azure.Minted(azuretest.AKSServer)-before)
		}
	})
	t.Run("refuses_what_no_role_permits", func(t *testing.T) {
		inputs["namespace"] = "kube-system"
		if status, _ := j.run(t, inputs); status == 0 {
			t.Error("a namespace without a RoleBinding was deployed to")
		}
	})
}

// aksInputs are those of a deploy to a namespace of the cluster.
func aksInputs(azure *azuretest.Azure, namespace string) map[string]string {
	return map[string]string{
		"images": "registry/app=" + azure.Registry + "/app", "namespace": namespace, "provider": "aks",
		"cluster":         azure.ClusterID(),
		"azure-client-id": azure.ClientID, "azure-tenant-id": azure.TenantID,
	}
}

// prepare makes a namespace that the application may deploy to, and that pulls from the registry.
func prepare(t *testing.T, cluster *localcluster.Cluster, namespace string, azure *azuretest.Azure) {
	t.Helper()
	permit(t, cluster, namespace, azure.ObjectID)
	kubectl(t, cluster, "-n", namespace, "create", "secret", "docker-registry", "registry",
		"--docker-server", azure.Registry, "--docker-username", "nodes", "--docker-password", azuretest.NodePassword)
}

// startCluster starts a local cluster that lets in whom the issuer's tokens name, and whose nodes reach the cloud.
func startCluster(t *testing.T, cloud *cloudtest.Cloud, preset string, issuer *cloudtest.Issuer, audience,
	username string) *localcluster.Cluster {
	t.Helper()
	config, err := cloud.AuthenticationConfig(issuer, audience, username)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "authentication.yaml")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	env := cloud.Env()
	cluster, err := localcluster.Start(t.Context(), localcluster.Options{
		Preset:               preset,
		AuthenticationConfig: file,
		Env:                  []string{"HTTPS_PROXY=" + env["HTTPS_PROXY"], "SSL_CERT_FILE=" + env["SSL_CERT_FILE"]},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	return cluster
}

// way is how the cluster's administrator gets in.
func way(t *testing.T, cluster *localcluster.Cluster) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", cluster.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// address is where the cluster's API server is, and its authority.
func address(t *testing.T, cluster *localcluster.Cluster) (server string, ca []byte) {
	t.Helper()
	config := way(t, cluster)
	return config.Host, config.CAData
}

// permit gives a user what rbac.yaml says, by the commands that stand in it, in a namespace of its own.
func permit(t *testing.T, cluster *localcluster.Cluster, namespace, user string) {
	t.Helper()
	kubectl(t, cluster, "create", "namespace", namespace)
	kubectl(t, cluster, "apply", "-f", "../../../docs/rbac.yaml")
	kubectl(t, cluster, "create", "clusterrolebinding", "multiarch-deploy-nodes-"+namespace, "--clusterrole",
		"multiarch-deploy-nodes", "--user", user)
	kubectl(t, cluster, "create", "rolebinding", "multiarch-deploy", "--clusterrole", "multiarch-deploy", "--user", user,
		"--namespace", namespace)
}

func kubectl(t *testing.T, cluster *localcluster.Cluster, args ...string) string {
	t.Helper()
	program, err := programs.Kubectl(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, append([]string{"--kubeconfig", cluster.Kubeconfig}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("kubectl %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// pushSample pushes the sample app for two platforms.
func pushSample(t *testing.T, reference string, options ...remote.Option) {
	t.Helper()
	ref, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	images, err := sampleapp.Build(t.Context(), sampleapp.AKS("../../.."), v1.Platform{OS: "linux", Architecture: "amd64"},
		v1.Platform{OS: "linux", Architecture: "arm64"})
	if err != nil {
		t.Fatal(err)
	}
	if err := sampleapp.PushIndex(t.Context(), ref, images, options...); err != nil {
		t.Fatal(err)
	}
}

// as signs in to a registry of a cloud with a name and a password.
func as(cloud *cloudtest.Cloud, user, password string) []remote.Option {
	return []remote.Option{
		remote.WithTransport(cloud.Client().Transport),
		remote.WithAuth(authn.FromConfig(authn.AuthConfig{Username: user, Password: password})),
	}
}

// planForAgentPools plans for pools as Resource Manager has them: one with a node, two without, of which one is of a
// size that nobody knows.
func planForAgentPools(t *testing.T, azure *azuretest.Azure, j *job) {
	azure.Cluster.AgentPools = []map[string]any{
		{"name": "arm64", "count": 1, "minCount": 1, "maxCount": 4, "enableAutoScaling": true, "osType": "Linux",
			"vmSize": "Standard_D2pds_v5", "mode": "User"},
		{"name": "spot", "count": 0, "minCount": 0, "maxCount": 6, "enableAutoScaling": true, "osType": "Linux",
			"vmSize": "Standard_D4ps_v6", "mode": "User", "scaleSetPriority": "Spot", "availabilityZones": []string{"1"},
			"nodeTaints": []string{"team=shop:NoExecute"}, "maxPods": 30},
		{"name": "odd", "count": 0, "osType": "Linux", "vmSize": "Quantum_1"},
	}
	defer func() { azure.Cluster.AgentPools = nil }()
	amd64 := placement.NodeGroup{Architecture: "amd64", OS: "linux", Count: 1, Taints: []string{}, Source: pool.Cluster,
		Max: new(1)}
	want := []placement.NodeGroup{amd64,
		{Architecture: "arm64", OS: "linux", Count: 1, Taints: []string{}, Source: pool.AKS, Pool: "arm64", Max: new(4)},
		{Architecture: "arm64", OS: "linux", Taints: []string{"kubernetes.azure.com/scalesetpriority=spot:NoSchedule",
			"team=shop:NoExecute"}, Source: pool.AKS, Pool: "spot", Max: new(6)},
		{Architecture: "unknown", OS: "linux", Taints: []string{}, Source: pool.AKS, Pool: "odd", Max: new(0)},
	}
	if diff := cmp.Diff(want, j.plan(t, aksInputs(azure, "shop")).Nodes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	azure.NoReader = true
	defer func() { azure.NoReader = false }()
	r := j.plan(t, aksInputs(azure, "shop"))
	found := slices.ContainsFunc(r.Findings, func(f finding.Finding) bool {
		return f.Code == finding.PlanIncomplete && f.Severity == finding.Info &&
			strings.Contains(f.Message, "managedClusters/read") && strings.Contains(f.Message, "Cluster User Role")
	})
	if !found {
		t.Errorf("no finding names the right that is missing: %v", r.Findings)
	}
}
