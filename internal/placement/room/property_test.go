package room_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/room"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
)

var (
	workloads = flag.Int("workloads", 200, "how many random workloads the real scheduler is asked about")
	seed      = flag.Uint64("seed", uint64(time.Now().UnixNano()), "where they start")
)

// TestForetell_agrees_with_the_scheduler makes random pods on a cluster of tainted and untainted nodes, and holds the
// forecast against what kube-scheduler does: as many find no node, and the others land where the forecast allows it.
func TestForetell_agrees_with_the_scheduler(t *testing.T) {
	cluster := localcluster.Shared(t, localcluster.Options{Preset: "gke"})
	config, err := clientcmd.BuildConfigFromFlags("", cluster.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS, config.Burst = 1000, 1000
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("-seed %d", *seed)
	random := rand.New(rand.NewPCG(*seed, 0))
	for i := range *workloads {
		w, replicas := randomWorkload(random, i)
		want, got := foretold(t, client, w, replicas), scheduled(t, client, w, replicas)
		if pending := replicas - len(got); want.Err != nil || pending != want.Wanted-want.Fit {
			t.Errorf("-seed %d, workload %d: %d of %d pods wait, foretold %d (%v)\n%+v", *seed, i, pending, replicas,
				want.Wanted-want.Fit, want.Err, w.Pod(0).Spec)
		}
		allowed := allowedNodes(t, client, w)
		for _, node := range got {
			if !slices.Contains(allowed, node) {
				t.Errorf("-seed %d, workload %d: a pod is on %s, foretold on %v only", *seed, i, node, allowed)
			}
		}
	}
}

// randomWorkload asks for a random share of a node, selects, tolerates, spreads and keeps away at random.
func randomWorkload(random *rand.Rand, i int) (room.Workload, int) {
	labels := map[string]string{"app": fmt.Sprintf("random-%d", i)}
	spec := corev1.PodSpec{TerminationGracePeriodSeconds: new(int64), Containers: []corev1.Container{{
		Name: "c", Image: "127.0.0.1:1/none:v1",
		Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
			corev1.ResourceCPU: *resource.NewMilliQuantity(100+random.Int64N(4000), resource.DecimalSI)}},
	}}}
	chance := func(n int) bool { return random.IntN(n) == 0 }
	if chance(3) {
		spec.NodeSelector = map[string]string{corev1.LabelArchStable: []string{"amd64", "arm64", "s390x"}[random.IntN(3)]}
	}
	if chance(2) {
		spec.Tolerations = []corev1.Toleration{{Key: corev1.LabelArchStable, Operator: corev1.TolerationOpExists}}
	}
	selector := &metav1.LabelSelector{MatchLabels: labels}
	switch random.IntN(4) {
	case 0:
		spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{
				{TopologyKey: corev1.LabelHostname, LabelSelector: selector}}}}
	case 1:
		spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{
			MaxSkew: 1 + random.Int32N(2), TopologyKey: []string{corev1.LabelArchStable, corev1.LabelHostname}[random.IntN(2)],
			WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: selector}}
	case 2:
		spec.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: 80, HostPort: 8080}}
	}
	replicas := 1 + random.IntN(8)
	obj := &unstructured.Unstructured{Object: map[string]any{"kind": "Deployment",
		"metadata": map[string]any{"name": labels["app"], "namespace": "default"},
		"spec":     map[string]any{"replicas": int64(replicas)}}}
	return room.Workload{Object: obj, Pod: func(n int) *corev1.Pod {
		name := fmt.Sprintf("%s-%d", labels["app"], n)
		return &corev1.Pod{Spec: *spec.DeepCopy(),
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", UID: types.UID(name), Labels: maps.Clone(labels)}}
	}}, replicas
}

func snapshotOf(t *testing.T, client kubernetes.Interface) schedule.Snapshot {
	t.Helper()
	nodes, err := client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pods, err := client.CoreV1().Pods("").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return schedule.Snapshot{Nodes: nodes.Items, Pods: pods.Items}
}

func foretold(t *testing.T, client kubernetes.Interface, w room.Workload, replicas int) room.Forecast {
	t.Helper()
	all, err := room.Foretell(t.Context(), snapshotOf(t, client), []room.Workload{w}, nil)
	if err != nil || all[0].Wanted != replicas {
		t.Fatal(all, err)
	}
	return all[0]
}

// allowedNodes are those that could ever take a pod of the workload.
func allowedNodes(t *testing.T, client kubernetes.Interface, w room.Workload) []string {
	t.Helper()
	cluster := snapshotOf(t, client)
	s, err := schedule.New(t.Context(), cluster, schedule.Ever)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	obstacles, err := s.Fits(t.Context(), w.Pod(0))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for i, obstacle := range obstacles {
		if obstacle == "" {
			names = append(names, cluster.Nodes[i].Name)
		}
	}
	return names
}

// scheduled makes the pods one after the other, and returns the nodes of those that got one. All pods are gone
// afterwards.
func scheduled(t *testing.T, client kubernetes.Interface, w room.Workload, replicas int) []string {
	t.Helper()
	var nodes []string
	pods := client.CoreV1().Pods("default")
	for n := range replicas {
		pod, err := pods.Create(t.Context(), w.Pod(n), metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if node := decision(t, client, pod.Name); node != "" {
			nodes = append(nodes, node)
		}
	}
	now := metav1.DeleteOptions{GracePeriodSeconds: new(int64)}
	if err := pods.DeleteCollection(t.Context(), now, metav1.ListOptions{}); err != nil {
		t.Fatal(err)
	}
	wait(t, func(ctx context.Context) bool {
		left, err := pods.List(ctx, metav1.ListOptions{})
		return err == nil && len(left.Items) == 0
	})
	return nodes
}

// decision waits for what the scheduler does with a pod, and returns its node, or "" where it stays without one.
func decision(t *testing.T, client kubernetes.Interface, name string) (node string) {
	t.Helper()
	wait(t, func(ctx context.Context) bool {
		pod, err := client.CoreV1().Pods("default").Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false
		}
		node = pod.Spec.NodeName
		return slices.ContainsFunc(pod.Status.Conditions,
			func(c corev1.PodCondition) bool { return c.Type == corev1.PodScheduled })
	})
	return node
}

func wait(t *testing.T, done func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !done(ctx) {
		if ctx.Err() != nil {
			t.Fatal("no answer within a minute")
		}
		time.Sleep(5 * time.Millisecond)
	}
}
