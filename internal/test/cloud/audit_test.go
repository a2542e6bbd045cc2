package cloud_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	azuretest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/azure"
	googletest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// audited are workloads of which one runs wherever it lands, and the other only on nodes of a pool, for which its image
// is not built.
const audited = `apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  replicas: 0
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec: {containers: [{name: app, image: "REGISTRY/app:v1"}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: of-pool}
spec:
  replicas: 0
  selector: {matchLabels: {app: of-pool}}
  template:
    metadata: {labels: {app: of-pool}}
    spec:
      nodeSelector: {POOL}
      tolerations: [{operator: Exists}]
      containers: [{name: app, image: "REGISTRY/old:v1"}]
`

// TestAzure_is_audited has an audit sign in to AKS and to its registry, as a workflow does, and find a workload that
// will crash on the nodes of an agent pool that has none. The right to read agent pools is missed in words.
func TestAzure_is_audited(t *testing.T) {
	t.Parallel()
	cloud := cloudtest.Start(t)
	azure := azuretest.New(cloud)
	cluster := startCluster(t, cloud, "aks", azure.Issuer, azuretest.AKSServer, "oid")
	azure.Cluster.Server, azure.Cluster.CA = address(t, cluster)
	azure.Cluster.AgentPools = []map[string]any{
		{"name": "arm64", "count": 1, "osType": "Linux", "vmSize": "Standard_D2pds_v5", "mode": "User"},
		{"name": "spot", "count": 0, "minCount": 0, "maxCount": 6, "enableAutoScaling": true, "osType": "Linux",
			"vmSize": "Standard_D4ps_v6", "mode": "User", "scaleSetPriority": "Spot"},
	}
	pushAudited(t, azure.Registry, as(cloud, "nodes", azuretest.NodePassword)...)
	letAudit(t, cluster, azure.ObjectID, azure.Registry, "kubernetes.azure.com/agentpool: spot")
	inputs := auditInputs(aksInputs(azure, "shop"))
	j := newJob(t, cloud)
	j.checkAudit(t, inputs, 1, map[string]string{"app": "arm64 runs, risk ",
		"of-pool": "arm64 crashes without a node, risk now"})
	azure.NoReader = true
	r := j.checkAudit(t, inputs, 0, map[string]string{"app": "arm64 runs, risk ", "of-pool": "arm64 excluded, risk "})
	checkUnread(t, r, "managedClusters/read", "Cluster User Role")
}

// TestGoogle_is_audited is the same on GKE, where the right that shows the node pools shows the cluster, too; a fleet's
// membership shows the cluster alone.
func TestGoogle_is_audited(t *testing.T) {
	t.Parallel()
	cloud := cloudtest.Start(t)
	google := googletest.New(cloud)
	google.ArtifactRegistry(artifacts)
	cluster := startCluster(t, cloud, "gke", google.Issuer, googletest.Audience, "sub")
	publish(t, cloud, google, cluster)
	google.Cluster["nodePools"] = []map[string]any{
		{"name": "arm", "initialNodeCount": 3, "config": map[string]any{"machineType": "t2a-standard-4"}},
		{"name": "axion", "config": map[string]any{"machineType": "c4a-standard-8"},
			"autoscaling": map[string]any{"enabled": true, "maxNodeCount": 5}},
	}
	images := artifacts + "/octo-shop/shop"
	pushAudited(t, images, as(cloud, "oauth2accesstoken", google.NodeToken())...)
	letAudit(t, cluster, google.Principal("repo:octo-org/octo-repo:environment:production"), images,
		"cloud.google.com/gke-nodepool: axion")
	inputs := auditInputs(gkeInputs(google, "shop", nil))
	j := newJob(t, cloud)
	j.checkAudit(t, inputs, 1, map[string]string{"app": "arm64 excluded, risk ",
		"of-pool": "arm64 crashes without a node, risk now"})
	t.Run("by_its_membership", func(t *testing.T) {
		fleet := auditInputs(gkeInputs(google, "shop", map[string]string{"endpoint": "connect-gateway", "cluster": membership,
			"location": "", "gcp-project-id": ""}))
		r := newJob(t, cloud).checkAudit(t, fleet, 0,
			map[string]string{"app": "arm64 excluded, risk ", "of-pool": "arm64 excluded, risk "})
		checkUnread(t, r, "has no node pools", "give the cluster's own name")
	})
	google.Revoke("roles/container.developer")
	if status, log := j.run(t, inputs); status != 3 || !strings.Contains(log, "container.clusters.get") {
		t.Errorf("status %d, want 3 and the right that is missing", status)
	}
}

// auditInputs makes inputs of a deploy those of an audit.
func auditInputs(inputs map[string]string) map[string]string {
	for _, name := range []string{"images", "arch-policy", "prune"} {
		delete(inputs, name)
	}
	inputs["command"] = "audit"
	return inputs
}

// pushAudited pushes the images of the audited workloads.
func pushAudited(t *testing.T, repository string, options ...remote.Option) {
	t.Helper()
	pushSample(t, repository+"/app:v1", options...)
	ref, err := name.ParseReference(repository + "/old:v1")
	if err != nil {
		t.Fatal(err)
	}
	images, err := sampleapp.Build(t.Context(), sampleapp.AKS("../../.."), v1.Platform{OS: "linux", Architecture: "amd64"})
	if err != nil {
		t.Fatal(err)
	}
	if err := sampleapp.PushSingle(t.Context(), ref, images[0], options...); err != nil {
		t.Fatal(err)
	}
}

// letAudit makes the workloads, and gives a user the role for audits.
func letAudit(t *testing.T, cluster *localcluster.Cluster, user, repository, pool string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "audited.yaml")
	text := strings.NewReplacer("REGISTRY", repository, "POOL", pool).Replace(audited)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	kubectl(t, cluster, "create", "namespace", "shop")
	kubectl(t, cluster, "-n", "shop", "apply", "-f", file)
	kubectl(t, cluster, "apply", "-f", "../../../docs/rbac.yaml")
	kubectl(t, cluster, "create", "clusterrolebinding", "auditor", "--clusterrole", "multiarch-deploy-audit", "--user",
		user)
}

// checkAudit audits, compares what that says of each workload on arm64, and returns the report.
func (j *job) checkAudit(t *testing.T, inputs map[string]string, status int, want map[string]string) report.Report {
	t.Helper()
	if got, _ := j.run(t, inputs); got != status {
		t.Errorf("status %d, want %d", got, status)
	}
	r, got := j.report(t), map[string]string{}
	for _, w := range r.Workloads {
		got[w.Name] = fmt.Sprintf("arm64 %s, risk %s", w.Architectures["arm64"], w.Audit.Risk)
		if slices.Contains(w.WithoutNode, "arm64") {
			got[w.Name] = strings.Replace(got[w.Name], ",", " without a node,", 1)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	return r
}

// checkUnread expects a finding that says that pools could not be read.
func checkUnread(t *testing.T, r report.Report, words ...string) {
	t.Helper()
	if !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool {
		return f.Code == finding.PlanIncomplete && !slices.ContainsFunc(words, func(word string) bool {
			return !strings.Contains(f.Message, word)
		})
	}) {
		t.Errorf("no finding says %q: %v", words, r.Findings)
	}
}
