package action_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
)

const (
	oneArchitecture = `pools:
- name: amd64
  nodes: [n-amd64-0]
  architecture: amd64
  capacity: {cpu: 4, memory: 8Gi, pods: 110}
  allocatable: {cpu: 3800m, memory: 7Gi, pods: 110}
`
	// nodePoolKind is a part of Karpenter's own definition.
	nodePoolKind = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: nodepools.karpenter.sh}
spec:
  group: karpenter.sh
  names: {kind: NodePool, listKind: NodePoolList, plural: nodepools, singular: nodepool}
  scope: Cluster
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, x-kubernetes-preserve-unknown-fields: true}
`
	nodePool = `apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: default}
spec:
  limits: {cpu: 100}
  template: {spec: {requirements: [{key: kubernetes.io/arch, operator: In, values: [amd64, arm64]}]}}
`
	// computeClassKind is a part of GKE's own definition.
	computeClassKind = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: computeclasses.cloud.google.com}
spec:
  group: cloud.google.com
  names: {kind: ComputeClass, listKind: ComputeClassList, plural: computeclasses, singular: computeclass}
  scope: Cluster
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, x-kubernetes-preserve-unknown-fields: true}
`
	computeClass = `apiVersion: cloud.google.com/v1
kind: ComputeClass
metadata: {name: axion}
spec:
  nodePoolAutoCreation: {enabled: true}
  priorities: [{machineFamily: c4a}]
`
	onlyAMD64 = `apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  replicas: 2
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers: [{name: app, image: registry/app}]
`
)

// TestPools plans on a cluster of one architecture for nodes that it does not have: expected ones, those of any
// platform, and those that Karpenter would start. In the end such a node joins while a rollout waits.
func TestPools(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "nodes.yaml")
	if err := os.WriteFile(file, []byte(oneArchitecture), 0o600); err != nil {
		t.Fatal(err)
	}
	cluster, err := localcluster.Start(t.Context(), localcluster.Options{NodesFile: file})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	const namespace = "default"
	pushImages(t, cluster.Registry, namespace,
		map[string]madeImage{"app": {Platforms: []string{"linux/amd64"}, Single: true},
			"both": {Platforms: []string{"linux/amd64", "linux/arm64"}}})
	repo := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(repo, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("kustomization.yaml", "resources: [app.yaml]\n")
	write("app.yaml", onlyAMD64)
	const finding = "error exec-format-error"
	check := func(t *testing.T, args, said, arm64, message string) {
		t.Helper()
		all := append(strings.Fields(args), "--images", "registry/app=REGISTRY/app platforms=linux/amd64", "--tag", "v1")
		got := play(t, cluster, repo, namespace, all)
		want := map[string]string{"amd64": "runs"}
		if arm64 != "" {
			want["arm64"] = arm64
		}
		if diff := cmp.Diff(want, got.Workloads["Deployment app"]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if findings := strings.Join(got.Findings, "\n"); got.Said != said || !strings.Contains(findings, message) {
			t.Errorf("said %q, want %q; findings %q, want %q", got.Said, said, findings, message)
		}
	}
	check(t, "plan", "ok: would be 1 created", "", "")
	check(t, "plan --expect-nodes arch=arm64", "failed: would be 1 created · 1 error", "crashes", finding)
	check(t, "plan --plan-for platforms", "failed: would be 1 created · 1 error", "crashes", finding)
	apply(t, cluster, nodePoolKind, nodePool)
	check(t, "plan", "failed: would be 1 created · 1 error", "crashes", finding)
	apply(t, cluster, computeClassKind, computeClass)
	checkAuditedPools(t, cluster)
	check(t, "run --arch-policy pin", "ok: 2 of 2 pods ready · 1 created", "excluded", "info exec-format-error")
	t.Run("a_node_joins", func(t *testing.T) {
		write("app.yaml", strings.Replace(onlyAMD64, "containers:",
			"nodeSelector: {kubernetes.io/arch: arm64}\n      containers:", 1))
		go join(t, cluster)
		file := filepath.Join(t.TempDir(), "report.json")
		play(t, cluster, repo, namespace, []string{"run", "--images", "registry/app=REGISTRY/both", "--tag", "v1",
			"--wait-timeout", "3m", "--report", file})
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var r report.Report
		if err := json.Unmarshal(content, &r); err != nil {
			t.Fatal(err)
		}
		joined := 0
		for _, pod := range r.Pods {
			switch {
			case pod.Node == "n-arm64-0" && pod.Architecture == "arm64":
				joined++
			case pod.Node != "" && pod.Architecture == "":
				t.Errorf("pod %s is on %s, of no architecture", pod.Name, pod.Node)
			}
		}
		if joined == 0 {
			t.Errorf("no pod on the node that joined: %+v", r.Pods)
		}
	})
}

// checkAuditedPools compares the nodes that an audit is about: those that are there, and those that provisioners start.
func checkAuditedPools(t *testing.T, cluster *localcluster.Cluster) {
	t.Helper()
	audited := runAudit(t, cluster.Kubeconfig, "--expect-nodes", "arch=arm64 max=3")
	var got []string
	for _, n := range audited.report.Nodes {
		got = append(got, fmt.Sprintf("%s %s of %s %s %v", n.Architecture, n.OS, n.Source, n.Pool, n.Taints))
	}
	slices.Sort(got)
	want := []string{"amd64 linux of cluster  []", "amd64 linux of karpenter default []",
		"arm64 linux of expect-nodes line 1 []",
		"arm64 linux of gke of ComputeClass axion " +
			"[cloud.google.com/compute-class=axion:NoSchedule kubernetes.io/arch=arm64:NoSchedule]",
		"arm64 linux of karpenter default []"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("nodes of an audit (-want +got):\n%s\n%s", diff, audited.log)
	}
}

// apply creates objects, and waits until the cluster takes those of a kind that is new.
func apply(t *testing.T, cluster *localcluster.Cluster, texts ...string) {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", cluster.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		obj := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(text), &obj.Object); err != nil {
			t.Fatal(err)
		}
		kinds, _ := meta.UnsafeGuessKindToResource(obj.GroupVersionKind())
		for range 100 {
			_, err = client.Resource(kinds).Namespace(obj.GetNamespace()).Create(t.Context(), obj, metav1.CreateOptions{})
			if err == nil {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// join makes a node of arm64, as a provisioner does when pods have waited for a while.
func join(t *testing.T, cluster *localcluster.Cluster) {
	time.Sleep(3 * time.Second)
	config, err := clientcmd.BuildConfigFromFlags("", cluster.Kubeconfig)
	if err != nil {
		t.Error(err)
		return
	}
	size := corev1.ResourceList{"cpu": resource.MustParse("4"), "memory": resource.MustParse("8Gi"),
		"pods": resource.MustParse("110")}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Error(err)
		return
	}
	_, err = client.CoreV1().Nodes().Create(t.Context(), &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: "n-arm64-0", Labels: map[string]string{corev1.LabelArchStable: "arm64",
			corev1.LabelOSStable: "linux", "karpenter.sh/nodepool": "default"}},
		Status: corev1.NodeStatus{Capacity: size, Allocatable: size,
			NodeInfo:   corev1.NodeSystemInfo{Architecture: "arm64", OperatingSystem: "linux"},
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Error(err)
	}
}
