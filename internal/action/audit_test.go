package action_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action"
	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
)

// audited is an audit by the program. The report is nil where it wrote none.
type audited struct {
	status int
	report *report.Report
	log    string
}

func runAudit(t testing.TB, kubeconfig string, args ...string) audited {
	t.Helper()
	var stdout, stderr bytes.Buffer
	program := action.Program{Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }}
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	status := program.Main(ctx, append([]string{"audit", "--kubeconfig", kubeconfig, "--output", "json"}, args...))
	a := audited{status: status, log: stderr.String()}
	if stdout.Len() > 0 {
		a.report = &report.Report{}
		if err := json.Unmarshal(stdout.Bytes(), a.report); err != nil {
			t.Fatalf("the report is no JSON: %v", err)
		}
	}
	return a
}

func apiOf(t testing.TB, cluster *localcluster.Cluster) kubernetes.Interface {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", cluster.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	return kubernetes.NewForConfigOrDie(config)
}

// builds are how third parties build their images.
var builds = map[string]madeImage{
	"both":       {Platforms: []string{"linux/amd64", "linux/arm64"}},
	"only-index": {Platforms: []string{"linux/amd64"}},
	"only":       {Platforms: []string{"linux/amd64"}, Single: true},
}

// auditedCase is a workload of its own images.
type auditedCase struct {
	name, kind, build, constraint string
	// beside is what runs beside the main container, or before it: "init", "sidecar", "second" or "" for nothing; extra is
	// how the image of that is built.
	beside, extra string
}

// lacks reports whether an image of the workload is for amd64 alone.
func (c auditedCase) lacks() bool { return c.build != "both" || c.beside != "" && c.extra != "both" }

// auditedCases are 171 workloads: every kind, with every build, under every constraint, and several containers with
// every build of each.
func auditedCases() (all []auditedCase) {
	for _, kind := range []string{"deployment", "statefulset", "daemonset", "replicaset", "replicationcontroller", "job",
		"cronjob", "pod", "runner"} {
		for _, build := range []string{"both", "only-index", "only"} {
			for _, constraint := range []string{"free", "selects", "affine", "tolerates", "arm"} {
				all = append(all, auditedCase{name: fmt.Sprintf("%s-%s-%s", kind, build, constraint), kind: kind, build: build,
					constraint: constraint})
			}
		}
	}
	for _, beside := range []string{"init", "sidecar", "second"} {
		for _, builds := range [][2]string{{"both", "both"}, {"both", "only-index"}, {"both", "only"}, {"only", "both"}} {
			for _, where := range [][2]string{{"deployment", "free"}, {"deployment", "tolerates"}, {"job", "tolerates"}} {
				all = append(all, auditedCase{fmt.Sprintf("%s-%s-%s-%s-%s", where[0], builds[0], where[1], beside, builds[1]),
					where[0], builds[0], where[1], beside, builds[1]})
			}
		}
	}
	return all
}

// pushCases pushes the images of all cases. Those of init containers end at once, and others serve.
func pushCases(t *testing.T, registry string, cases []auditedCase) {
	t.Helper()
	serving, err := sample()
	check(t, auditedCase{}, err)
	ending := endingImages(t)
	var group errgroup.Group
	group.SetLimit(8)
	push := func(image, build string, built map[string]v1.Image) {
		group.Go(func() error {
			ref, err := name.NewTag(registry + "/third/" + image + ":v1")
			if err != nil {
				return err
			}
			return pushBuilt(t.Context(), ref, builds[build], built)
		})
	}
	for _, c := range cases {
		push(c.name, c.build, serving)
		switch c.beside {
		case "":
		case "init":
			push(c.name+"-extra", c.extra, ending)
		default:
			push(c.name+"-extra", c.extra, serving)
		}
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// TestAudit_is_right_about_what_then_happens audits a cluster that expects an arm64 pool, adds the pool, starts
// everything anew where only the pool has room, and compares. Then it makes the patches to move, and looks again.
func TestAudit_is_right_about_what_then_happens(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	nodes, pool := filepath.Join(folder, "nodes.yaml"), filepath.Join(folder, "pool.yaml")
	writeFile(t, nodes, "pools:\n- {name: amd, architecture: amd64, capacity: {cpu: 64, memory: 256Gi, pods: 500}}\n")
	writeFile(t, pool, "pools:\n- name: arm\n  architecture: arm64\n  taints: [\"arch=arm64:NoSchedule\"]\n"+
		"  capacity: {cpu: 64, memory: 256Gi, pods: 500}\n")
	cluster, err := localcluster.Start(t.Context(), localcluster.Options{NodesFile: nodes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	apply(t, cluster, runnerKind)
	w := &auditWorld{api: apiOf(t, cluster), runners: runnersOf(t, cluster), registry: cluster.Registry,
		cases: auditedCases()}
	pushCases(t, cluster.Registry, w.cases)
	w.createAll(t)
	w.awaitPods(t)

	got := runAudit(t, cluster.Kubeconfig, "--namespace", "default", "--expect-nodes",
		"arch=arm64 taint=arch=arm64:NoSchedule")
	if got.report == nil || got.report.Audit == nil {
		t.Fatalf("status %d, no audit:\n%s", got.status, got.log)
	}
	joinNodes(t, cluster, pool)
	w.cordon(t, "amd-0")
	w.restart(t)
	if diff := cmp.Diff(foreseen(got.report), w.watch(t)); diff != "" {
		t.Errorf("the audit against what happened on arm64 (-audit +happened):\n%s", diff)
	}
	w.checkRisks(t, got.report)
	w.makePatches(t, got.report)
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// foreseen is what the audit says of arm64, by workload.
func foreseen(r *report.Report) map[string]string {
	all := map[string]string{}
	for _, w := range r.Workloads {
		all[w.Name] = string(w.Architectures["arm64"])
	}
	return all
}

// checkRisks compares the risks and the classes with how the workloads were made.
func (w *auditWorld) checkRisks(t *testing.T, r *report.Report) {
	t.Helper()
	want, got := map[string]string{}, map[string]string{}
	for _, c := range w.cases {
		risk, class := audit.NoRisk, audit.Ready
		if c.lacks() {
			class = audit.NotReady
			if c.constraint == "tolerates" && c.kind != "pod" || c.constraint == "arm" && c.kind != "pod" {
				risk = audit.WithPool
			}
		}
		want[c.name] = fmt.Sprintf("risk %q, %s", risk, class)
	}
	for _, workload := range r.Workloads {
		got[workload.Name] = fmt.Sprintf("risk %q, %s", workload.Audit.Risk, workload.Audit.Move)
		if workload.Audit.Move == audit.NotReady && len(workload.Audit.Images) != 1 {
			t.Errorf("%s: %+v is to blame, want its one image", workload.Name, workload.Audit.Images)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("risks and classes (-want +got):\n%s", diff)
	}
}

// makePatches makes the patches that let workloads onto the pool, and expects them to run there.
func (w *auditWorld) makePatches(t *testing.T, r *report.Report) {
	t.Helper()
	want := map[string]string{}
	for _, workload := range r.Workloads {
		if workload.Audit.Patch == "" || workload.Kind == "Pod" || workload.Kind == "Job" {
			continue // what runs of these can't be changed
		}
		w.patch(t, workload.Kind, workload.Name, workload.Audit.Patch)
		want[workload.Name] = "runs"
	}
	if len(want) < 12 {
		t.Fatalf("%d patches, want more", len(want))
	}
	w.restart(t)
	got := w.watch(t)
	for workload := range got {
		if want[workload] == "" {
			delete(got, workload)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("workloads on arm64 once patched (-want +got):\n%s", diff)
	}
}

func joinNodes(t *testing.T, cluster *localcluster.Cluster, nodes string) {
	t.Helper()
	if err := cluster.Join(t.Context(), nodes); err != nil {
		t.Fatal(err)
	}
}

func TestAudit_says_what_it_could_not_read(t *testing.T) {
	t.Parallel()
	cluster := sharedCluster(t, "aks")
	namespace := makeNamespace(t, cluster, "audit-unread")
	pushImages(t, cluster.Registry, namespace, map[string]madeImage{"app": builds["both"]})
	for image, reference := range map[string]string{
		"here": cluster.Registry + "/" + namespace + "/app:v1", "gone": cluster.Registry + "/" + namespace + "/gone:v1",
		"down": "127.0.0.1:1/app:v1", "bad": "127.0.0.1:1/UPPER:v1",
	} {
		makeDeployment(t, cluster, namespace, image, reference, 0)
	}
	got := runAudit(t, cluster.Kubeconfig, "--namespace", namespace)
	want := map[string]string{"here": "runs", "gone": "not-ready", "down": "unknown", "bad": "unknown"}
	moves := map[string]string{}
	for _, w := range got.report.Workloads {
		moves[w.Name] = string(w.Audit.Move)
	}
	const incomplete = "the audit is not complete: registry 127.0.0.1:1 can't be reached"
	if diff := cmp.Diff(want, moves); diff != "" || got.status != 1 || !strings.HasPrefix(got.report.Error, incomplete) {
		t.Errorf("status %d, want 1 for the image that is gone, and what is missing (-want +got):\n%s\n%s", got.status, diff,
			got.log)
	}
	deleteDeployment(t, cluster, namespace, "gone")
	table := filepath.Join(t.TempDir(), "audit.csv")
	got = runAudit(t, cluster.Kubeconfig, "--namespace", namespace, "--report", table)
	if !strings.Contains(got.log, incomplete) || got.status != 3 {
		t.Errorf("status %d, want 3 for the registry that is down:\n%s", got.status, got.log)
	}
	if content := read(t, table); !strings.Contains(content, "\n,,,,,,,\""+incomplete) {
		t.Errorf("the table looks complete:\n%s", content)
	}
}

func TestAudit_of_nothing(t *testing.T) {
	t.Parallel()
	cluster := sharedCluster(t, "aks")
	namespace := makeNamespace(t, cluster, "audit-nothing")
	for _, test := range []struct {
		name, say string
		args      []string
		status    int
	}{
		{"no_workloads", "Nothing to audit: namespace audit-nothing has no workload", []string{"--namespace", namespace}, 0},
		{"no_such_namespace", `the cluster has none named "audit-nowhere"`, []string{"--namespace", "audit-nowhere"}, 2},
		{"unreadable_pool", `expect-nodes, line 1: "arm64" is not key=value`, []string{"--expect-nodes", "arm64"}, 2},
		{"unreadable_price", `price: "arm64" is not ARCHITECTURE=PRICE`, []string{"--price", "arm64"}, 2},
		{"no_price_to_compare_with", "price: there is none for arm64", []string{"--price", "amd64=0.048"}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := runAudit(t, cluster.Kubeconfig, test.args...); got.status != test.status ||
				!strings.Contains(got.log, test.say) {
				t.Errorf("status %d, want %d and %q in:\n%s", got.status, test.status, test.say, got.log)
			}
		})
	}
}
