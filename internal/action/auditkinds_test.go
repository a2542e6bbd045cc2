package action_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
)

const (
	// ofContainers is the schema of a pod template as most definitions have it, cut to what tells it.
	ofContainers = `{type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true, properties:
		{containers: {type: array, items: {type: object, properties: {image: {type: string}, name: {type: string}}}}}}}}`
	leftOpen = "{type: object, x-kubernetes-preserve-unknown-fields: true}"
)

// ownKind is a kind that a cluster has learnt, with a schema as its project's definition has it in the places that
// matter, an object of it, and what an audit says of that object: "template: arm64's outcome, class".
type ownKind struct {
	api, kind, schema, object string
	want                      []string
}

// ownKinds are such that nothing in the test's cluster makes pods of: AMD and BOTH are images.
var ownKinds = []ownKind{
	{"keda.sh/v1alpha1", "ScaledJob", "{type: object, properties: {spec: {type: object, properties: {jobTargetRef: " +
		"{type: object, properties: {template: " + ofContainers + "}}}}}}",
		"spec: {jobTargetRef: {template: {spec: {containers: [{name: main, image: AMD}]}}}}",
		[]string{"ScaledJob : pull-fails, not-ready"}},
	{"sparkoperator.k8s.io/v1beta2", "SparkApplication", "{type: object, properties: {spec: {type: object, properties: " +
		"{image: {type: string}, driver: " + leftOpen + ", executor: " + leftOpen + "}}, status: " + leftOpen + "}}",
		"spec: {image: AMD, driver: {nodeSelector: {kubernetes.io/arch: amd64}}, executor: {image: BOTH}}",
		[]string{"SparkApplication spec.driver: excluded, not-ready", "SparkApplication spec.executor: runs, runs"}},
	{"tekton.dev/v1", "Task", leftOpen, "spec: {steps: [{name: main, image: AMD}]}",
		[]string{"Task : pull-fails, not-ready"}},
	{"argoproj.io/v1alpha1", "Workflow", "{type: object, properties: {spec: " + leftOpen + ", status: " + leftOpen + "}}",
		"spec: {templates: [{name: a, container: {image: AMD}}, {name: b, script: {image: BOTH, source: x}}]}",
		[]string{"Workflow spec.templates[a]: pull-fails, not-ready", "Workflow spec.templates[b]: runs, runs"}},
	{"apps.kruise.io/v1alpha1", "CloneSet", "{type: object, properties: {spec: {type: object, properties: {template: " +
		leftOpen + "}}}}", "spec: {template: {spec: {containers: [{name: main, image: BOTH}]}}}",
		[]string{"CloneSet : runs, runs"}},
	{"ray.io/v1", "RayCluster", "{type: object, properties: {spec: {type: object, properties: {workerGroupSpecs: " +
		"{type: array, items: {type: object, properties: {groupName: {type: string}, template: " + ofContainers + "}}}}}}}",
		"spec: {workerGroupSpecs: [{groupName: cpu, template: {spec: {containers: [{name: ray, image: BOTH}]}}}, " +
			"{groupName: gpu, template: {spec: {containers: [{name: ray, image: AMD}]}}}]}",
		[]string{"RayCluster spec.workerGroupSpecs[cpu]: runs, runs",
			"RayCluster spec.workerGroupSpecs[gpu]: pull-fails, not-ready"}},
	{"operators.coreos.com/v1alpha1", "ClusterServiceVersion", "{type: object, properties: {spec: {type: object, " +
		"properties: {template: " + ofContainers + "}}}}",
		"spec: {template: {spec: {containers: [{name: main, image: AMD}]}}}", nil},
	{"example.com/v1", "Widget", "{type: object, properties: {spec: {type: object, properties: {image: {type: string}}}}}",
		"spec: {image: AMD}", nil},
}

// wideKinds are of no namespace.
var wideKinds = []ownKind{
	{"argoproj.io/v1alpha1", "ClusterWorkflowTemplate", "{type: object, properties: {spec: " + leftOpen + "}}",
		"spec: {templates: [{name: a, container: {image: AMD}}]}",
		[]string{"ClusterWorkflowTemplate : pull-fails, not-ready"}},
	{"example.com/v1", "Agent", "{type: object, properties: {spec: {type: object, properties: {pod: " + ofContainers +
		"}}}}", "spec: {pod: {spec: {containers: [{name: main, image: BOTH}]}}}", []string{"Agent : runs, runs"}},
}

func (k ownKind) definition() string {
	group, version, _ := strings.Cut(k.api, "/")
	plural := strings.ToLower(k.kind) + "s"
	return fmt.Sprintf("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"+
		"metadata: {name: %s.%s, annotations: {api-approved.kubernetes.io: unapproved}}\n"+
		"spec:\n  group: %[2]s\n  names: {kind: %s, plural: %[1]s}\n  scope: Namespaced\n  versions: [{name: %[4]s, "+
		"served: true, storage: true, schema: {openAPIV3Schema: %[5]s}}]\n", plural, group, k.kind, version,
		strings.ReplaceAll(k.schema, "\n\t\t", " "))
}

// in is the object in a namespace, with images of a registry.
func (k ownKind) in(namespace, registry string) string {
	images := strings.NewReplacer("AMD", "'"+registry+"/amd:v1'", "BOTH", "'"+registry+"/both:v1'")
	return fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: own, namespace: %s}\n%s\n", k.api, k.kind, namespace,
		images.Replace(k.object))
}

// TestAudit_of_kinds_that_the_cluster_has_learnt has them judged by their templates, though no pod of them runs.
func TestAudit_of_kinds_that_the_cluster_has_learnt(t *testing.T) {
	t.Parallel()
	cluster, err := localcluster.Start(t.Context(), localcluster.Options{Preset: "aks"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	auditRoles(t, cluster)
	namespace := makeNamespace(t, cluster, "own")
	pushImages(t, cluster.Registry, namespace, map[string]madeImage{"amd": builds["only-index"], "both": builds["both"]})
	want := map[string]bool{}
	for _, k := range ownKinds {
		apply(t, cluster, k.definition(), k.in(namespace, cluster.Registry+"/"+namespace))
		for _, row := range k.want {
			want[row] = true
		}
	}
	const done = `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: done, namespace: own}
spec: {templates: [{name: a, container: {image: "127.0.0.1:1/gone:v1"}}]}
status: {finishedAt: "2026-01-01T00:00:00Z"}
`
	apply(t, cluster, done)

	bind(t, cluster, "multiarch-deploy-audit", "auditor", "")
	got := runAudit(t, kubeconfigOf(t, cluster, "auditor"), "--namespace", namespace)
	if diff := cmp.Diff(want, rowsOf(got.report)); diff != "" || got.status != 1 {
		t.Errorf("status %d, want 1 (-want +got):\n%s\n%s", got.status, diff, got.log)
	}
	checkWideKinds(t, cluster, namespace, want)
	checkPodsOfTemplates(t, cluster, namespace)
	checkForbiddenKinds(t, cluster, namespace)
}

// checkWideKinds has objects of no namespace judged where all namespaces are, and says where they may not be listed.
func checkWideKinds(t *testing.T, cluster *localcluster.Cluster, namespace string, want map[string]bool) {
	t.Helper()
	for _, k := range wideKinds {
		apply(t, cluster, strings.Replace(k.definition(), "scope: Namespaced", "scope: Cluster", 1),
			strings.Replace(k.in(namespace, cluster.Registry+"/"+namespace), ", namespace: "+namespace, "", 1))
	}
	if got := runAudit(t, cluster.Kubeconfig, "--namespace", namespace); len(got.report.Workloads) != len(want) {
		t.Errorf("%d workloads of a namespace, want %d: what is of none is not asked for", len(got.report.Workloads),
			len(want))
	}
	for _, k := range wideKinds {
		want[k.want[0]] = true
	}
	got := runAudit(t, cluster.Kubeconfig)
	if diff := cmp.Diff(want, rowsOf(got.report)); diff != "" || strings.Contains(got.log, "not complete") {
		t.Errorf("of the whole cluster (-want +got):\n%s\n%s", diff, got.log)
	}
	if sums := got.report.Audit.Namespaces; sums[0].Namespace != "" || sums[0].Workloads != len(wideKinds) {
		t.Errorf("the sums are %+v, want one of what is in no namespace", sums)
	}
	got = runAudit(t, kubeconfigOf(t, cluster, "auditor"))
	if !strings.Contains(got.log, "the audit is not complete: agents.example.com: forbidden") {
		t.Errorf("the kind that may not be listed is not named:\n%s", got.log)
	}
}

func rowsOf(r *report.Report) map[string]bool {
	rows := map[string]bool{}
	for _, w := range r.Workloads {
		rows[fmt.Sprintf("%s %s: %s, %s", w.Kind, w.Template, w.Architectures["arm64"], w.Audit.Move)] = true
	}
	return rows
}

// checkPodsOfTemplates makes pods of an object with several templates, and one that is of none of them.
func checkPodsOfTemplates(t *testing.T, cluster *localcluster.Cluster, namespace string) {
	t.Helper()
	const pod = `apiVersion: v1
kind: Pod
metadata:
  name: NAME
  namespace: own
  ownerReferences: [{apiVersion: ray.io/v1, kind: RayCluster, name: own, uid: UID, controller: true}]
spec: {containers: [{name: ray, image: IMAGE}]}
`
	rays := schema.GroupVersionResource{Group: "ray.io", Version: "v1", Resource: "rayclusters"}
	uid := uidOf(t, cluster, namespace, rays)
	images := cluster.Registry + "/" + namespace
	for name, image := range map[string]string{"gpu-0": images + "/amd:v1", "gpu-1": images + "/amd:v1",
		"cpu-0": images + "/both:v1", "old": images + "/old:v1"} {
		apply(t, cluster, strings.NewReplacer("NAME", name, "UID", uid, "IMAGE", image).Replace(pod))
	}
	got := runAudit(t, cluster.Kubeconfig, "--namespace", namespace)
	pods := map[string]int{}
	for _, w := range got.report.Workloads {
		for _, usage := range w.Audit.Running {
			pods[w.Label()+" "+w.Audit.ManagedBy] += usage.Pods
		}
	}
	want := map[string]int{"RayCluster own/own (spec.workerGroupSpecs[gpu]) ": 2,
		"RayCluster own/own (spec.workerGroupSpecs[cpu]) ": 1, "Pod own/old RayCluster own/own": 1}
	if diff := cmp.Diff(want, pods); diff != "" {
		t.Errorf("pods (-want +got):\n%s\n%s", diff, got.log)
	}
}

func uidOf(t *testing.T, cluster *localcluster.Cluster, namespace string, kinds schema.GroupVersionResource) string {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", cluster.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := dynamic.NewForConfigOrDie(config).Resource(kinds).Namespace(namespace).Get(t.Context(), "own",
		metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return string(obj.GetUID())
}

// checkForbiddenKinds has a user audit who may not list one of the kinds.
func checkForbiddenKinds(t *testing.T, cluster *localcluster.Cluster, namespace string) {
	t.Helper()
	roles := apiOf(t, cluster).RbacV1().ClusterRoles()
	role, err := roles.Get(t.Context(), "multiarch-deploy-audit", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rules := []rbacv1.PolicyRule{}
	for _, rule := range role.Rules {
		if rule.APIGroups[0] != "keda.sh" {
			rules = append(rules, rule)
		}
	}
	role.ObjectMeta, role.Rules = metav1.ObjectMeta{Name: "audit-no-keda"}, rules
	if _, err := roles.Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	bind(t, cluster, role.Name, "no-keda", "")
	got := runAudit(t, kubeconfigOf(t, cluster, "no-keda"), "--namespace", namespace)
	if got.status != 1 || !strings.Contains(got.log,
		"the audit is not complete: scaledjobs.keda.sh: forbidden in namespace own") {
		t.Errorf("status %d, want 1 for the others, and that scaledjobs were not read:\n%s", got.status, got.log)
	}
}
