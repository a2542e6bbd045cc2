package action_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
)

// gkeDemo holds the second demo: story is a folder an act, and kubernetes what they all deploy.
const gkeDemo = "../../testdata/demo/gke"

// acts are played one after the other on one cluster, as demo-gke.yml does.
var acts = []struct {
	name, image, policy string
	// tainted Arm nodes are GKE's own way; untainted ones show what happens without.
	tainted bool
	// wait ends the act that never gets ready. The others end by themselves, however busy this machine is.
	wait, want string
}{
	{"crash", "tag=v1 platforms=linux/amd64", "warn", false,
		"5m", "failed: error exec-format-error, warning exec-format-error; amd64 runs, arm64 crashes; pods on amd64, arm64"},
	{"pin", "tag=v1 platforms=linux/amd64", "pin", false,
		"5m", "ok: info exec-format-error; amd64 runs, arm64 excluded; pods on amd64"},
	{"pending", "tag=v1 platforms=linux/amd64", "fail", false,
		"20s", "failed: error deadline, error insufficient-capacity, warning insufficient-capacity; amd64 runs, arm64 " +
			"excluded; pods on amd64"},
	{"multi-arch", "tag=v2", "fail", false, "5m", "ok: ; amd64 runs, arm64 runs; pods on amd64, arm64"},
	{"spread", "tag=v2", "spread", true, "5m", "ok: info untolerated-taint; amd64 runs, arm64 runs; pods on amd64, arm64"},
}

func TestStory_of_the_GKE_demo(t *testing.T) {
	t.Parallel()
	cluster, err := localcluster.Start(t.Context(), localcluster.Options{Preset: "gke"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cluster.Stop() })
	const namespace = "default"
	pushImages(t, cluster.Registry, namespace,
		map[string]madeImage{"envspitter": {Platforms: []string{"linux/amd64"}, Single: true}})
	pushImages(t, cluster.Registry, namespace,
		map[string]madeImage{"envspitter": {Platforms: []string{"linux/amd64", "linux/arm64"}, Tag: "v2"}})
	repo := copyTree(t, gkeDemo)
	readme, err := os.ReadFile(filepath.Join(gkeDemo, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, act := range acts {
		taintArmNodes(t, cluster, act.tainted)
		got := play(t, cluster, filepath.Join(repo, "story", act.name), namespace, []string{"run",
			"--images", "registry.example.com/envspitter=REGISTRY/envspitter " + act.image,
			"--arch-policy", act.policy, "--wait-timeout", act.wait})
		if diff := cmp.Diff(act.want, inShort(got)); diff != "" {
			t.Fatalf("act %s (-want +got):\n%s", act.name, diff)
		}
		if !strings.Contains(withoutChance(string(readme)), withoutChance(got.Said)) {
			t.Errorf("act %s ends with %q, and the README of the demo does not", act.name, got.Said)
		}
	}
}

// withoutChance leaves out how many pods run when some do not: the scheduler puts them now here, now there.
func withoutChance(text string) string {
	return regexp.MustCompile(`failed: \d+ of`).ReplaceAllString(text, "failed: some of")
}

// inShort leaves out how many pods the scheduler put where, which is chance.
func inShort(o outcome) string {
	var found []string
	for _, line := range o.Findings {
		words := strings.Fields(line)
		found = append(found, words[0]+" "+words[1])
	}
	runs := o.Workloads["Deployment envspitter"]
	return fmt.Sprintf("%s: %s; amd64 %s, arm64 %s; pods on %s", o.Verdict, strings.Join(found, ", "),
		runs["amd64"], runs["arm64"], o.Pods["Deployment default/envspitter"])
}

// taintArmNodes puts GKE's taint on the arm64 nodes, or takes it away.
func taintArmNodes(t *testing.T, cluster *localcluster.Cluster, tainted bool) {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", cluster.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	api := kubernetes.NewForConfigOrDie(config).CoreV1().Nodes()
	nodes, err := api.List(t.Context(), metav1.ListOptions{LabelSelector: corev1.LabelArchStable + "=arm64"})
	if err != nil || len(nodes.Items) != 3 {
		t.Fatalf("%d arm64 nodes, want 3: %v", len(nodes.Items), err)
	}
	for _, node := range nodes.Items {
		node.Spec.Taints = nil
		if tainted {
			node.Spec.Taints = []corev1.Taint{{Key: corev1.LabelArchStable, Value: "arm64",
				Effect: corev1.TaintEffectNoSchedule}}
		}
		if _, err := api.Update(t.Context(), &node, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}
