package agreement

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
)

// pools are the nodes that the cluster has kubelets for. Each round takes some of them away and changes the others.
const pools = `pools:
- {name: amd, architecture: amd64, count: 3}
- {name: arm, architecture: arm64, count: 3}
- {name: z, architecture: s390x}
- {name: win, architecture: amd64, os: windows}
`

type machine struct{ name, os, architecture string }

var machines = []machine{
	{"amd-0", "linux", "amd64"}, {"amd-1", "linux", "amd64"}, {"amd-2", "linux", "amd64"},
	{"arm-0", "linux", "arm64"}, {"arm-1", "linux", "arm64"}, {"arm-2", "linux", "arm64"},
	{"z-0", "linux", "s390x"}, {"win-0", "windows", "amd64"},
}

// dice are what random choices are made with.
type dice struct{ *rand.Rand }

// once in n times.
func (d dice) once(n int) bool { return d.IntN(n) == 0 }

func pick[T any](d dice, from ...T) T { return from[d.IntN(len(from))] }

// nodes are some of the machines, with labels, taints, cordons and sizes at random; some are not ready, with the taints
// that their controller gives them. Taints about architectures are of all nodes of one.
func (d dice) nodes() []corev1.Node {
	var all []corev1.Node
	taints := map[string]string{
		"arm64": pick(d, "", "", "kubernetes.io/arch=arm64:NoSchedule", "arch=arm64:NoSchedule", "arm64:NoExecute"),
		"amd64": pick(d, "", "", "", "kubernetes.io/arch=amd64:NoSchedule"),
	}
	for _, m := range machines {
		if d.once(3) && (len(all) > 0 || m.name != "z-0") {
			continue
		}
		n := d.node(m)
		if text := taints[m.architecture]; text != "" {
			n.Spec.Taints = append(n.Spec.Taints, taint(text))
		}
		if d.once(3) {
			n.Spec.Taints = append(n.Spec.Taints, taint(pick(d, "team=a:NoSchedule", "team=b:NoExecute",
				"soft=x:PreferNoSchedule", "ToBeDeletedByClusterAutoscaler=1:NoSchedule",
				"node.cilium.io/agent-not-ready:NoExecute")))
		}
		if len(all) > 0 && d.once(12) {
			n.Status.Conditions[0].Status = corev1.ConditionFalse
			n.Spec.Taints = append(n.Spec.Taints, taint(corev1.TaintNodeNotReady+":NoSchedule"),
				taint(corev1.TaintNodeNotReady+":NoExecute"))
		}
		all = append(all, n)
	}
	return all
}

func (d dice) node(m machine) corev1.Node {
	size := corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewMilliQuantity(500*(2+d.Int64N(7)), resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity((1+d.Int64N(6))<<30, resource.BinarySI),
		corev1.ResourcePods:   *resource.NewQuantity(pick(d, int64(3), 20, 110), resource.DecimalSI),
		"example.com/gpu":     *resource.NewQuantity(d.Int64N(2), resource.DecimalSI),
	}
	labels := map[string]string{
		corev1.LabelHostname: m.name, corev1.LabelArchStable: m.architecture, corev1.LabelOSStable: m.os,
		"generation": pick(d, "1", "2", "3"),
	}
	if zone := pick(d, "", "z1", "z2"); zone != "" {
		labels[corev1.LabelTopologyZone] = zone
	}
	if d.once(2) {
		labels["disk"] = pick(d, "ssd", "hdd")
	}
	ready := corev1.NodeCondition{Type: corev1.NodeReady, Status: corev1.ConditionTrue, LastHeartbeatTime: metav1.Now(),
		LastTransitionTime: metav1.Now()}
	return corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: m.name, Labels: labels},
		Spec:       corev1.NodeSpec{Unschedulable: d.once(9)},
		Status: corev1.NodeStatus{Capacity: size, Allocatable: maps.Clone(size), Conditions: []corev1.NodeCondition{ready},
			NodeInfo: corev1.NodeSystemInfo{OperatingSystem: m.os, Architecture: m.architecture,
				ContainerRuntimeVersion: "containerd://2.3.7"}},
	}
}

// taint parses key=value:Effect and key:Effect.
func taint(text string) corev1.Taint {
	rest, effect, _ := strings.Cut(text, ":")
	key, value, _ := strings.Cut(rest, "=")
	return corev1.Taint{Key: key, Value: value, Effect: corev1.TaintEffect(effect)}
}

// install replaces the cluster's nodes, and returns them as they are once the scheduler knows them.
func (w *world) install(t *testing.T, nodes []corev1.Node) []corev1.Node {
	t.Helper()
	api := w.client.CoreV1().Nodes()
	w.clear(t, beside)
	must(t, api.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}))
	wait(t, "the old nodes go", func(ctx context.Context) bool {
		list, err := api.List(ctx, metav1.ListOptions{})
		return err == nil && len(list.Items) == 0
	})
	for i := range nodes {
		_, err := api.Create(t.Context(), nodes[i].DeepCopy(), metav1.CreateOptions{})
		must(t, err)
		w.lease(t, nodes[i].Name)
	}
	var known []corev1.Node
	wait(t, "the nodes are ready", func(ctx context.Context) bool {
		list, err := api.List(ctx, metav1.ListOptions{})
		if err != nil {
			return false
		}
		known = list.Items
		return !slices.ContainsFunc(known, isChanging)
	})
	w.fill(t, known)
	return known
}

// isChanging: the node's controller has yet to change its taints after its state.
func isChanging(n corev1.Node) bool {
	has := func(key string) bool {
		return slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Key == key })
	}
	ready := n.Status.Conditions[0].Status == corev1.ConditionTrue
	return has(corev1.TaintNodeNotReady) == ready || n.Spec.Unschedulable != has(corev1.TaintNodeUnschedulable)
}

// lease is what the kubelet renews from then on.
func (w *world) lease(t *testing.T, name string) {
	t.Helper()
	leases := w.client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
	_ = leases.Delete(t.Context(), name, metav1.DeleteOptions{}) // there may be none
	now, seconds := metav1.NowMicro(), int32(40)
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: coordinationv1.LeaseSpec{HolderIdentity: &name, LeaseDurationSeconds: &seconds, RenewTime: &now}}
	_, err := leases.Create(t.Context(), lease, metav1.CreateOptions{})
	must(t, err)
}

// fill has a pod as big as each node scheduled there: the scheduler then knows the nodes as they are.
func (w *world) fill(t *testing.T, nodes []corev1.Node) {
	t.Helper()
	spec := corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: unreachable + "none"}}}
	all := make([]*corev1.Pod, len(nodes))
	for i := range nodes {
		all[i] = &corev1.Pod{Spec: *spec.DeepCopy(),
			ObjectMeta: metav1.ObjectMeta{Name: "filler-" + nodes[i].Name, Namespace: plain, Labels: probing}}
		size := corev1.ResourceList{corev1.ResourceCPU: nodes[i].Status.Allocatable[corev1.ResourceCPU]}
		all[i].Spec.Containers[0].Resources = corev1.ResourceRequirements{Requests: size}
		bindTo(&all[i].Spec, nodes[i].Name)
		all[i].Spec.Tolerations = tolerating(nodes[i].Spec.Taints)
		_, err := w.client.CoreV1().Pods(plain).Create(t.Context(), all[i], metav1.CreateOptions{})
		must(t, err)
	}
	wait(t, "the scheduler knows the nodes", func(ctx context.Context) bool {
		pods, err := w.pods(ctx, plain)
		return err == nil && len(pods) == len(nodes) &&
			!slices.ContainsFunc(pods, func(p corev1.Pod) bool { return p.Spec.NodeName == "" })
	})
	w.clear(t, plain)
}

func tolerating(taints []corev1.Taint) []corev1.Toleration {
	var all []corev1.Toleration
	for _, taint := range taints {
		all = append(all, corev1.Toleration{Key: taint.Key, Operator: corev1.TolerationOpEqual, Value: taint.Value,
			Effect: taint.Effect})
	}
	return all
}

// passing are the taints that the plan waits for instead of heeding them.
func passing(n corev1.Node) []corev1.Taint {
	return slices.DeleteFunc(slices.Clone(n.Spec.Taints), func(t corev1.Taint) bool { return !node.Passing(t) })
}

// inWords describes nodes in failures.
func inWords(nodes []corev1.Node) string {
	var all []string
	for _, n := range nodes {
		var taints []string
		for _, t := range n.Spec.Taints {
			taints = append(taints, t.ToString())
		}
		cpu, memory, gpu := n.Status.Allocatable.Cpu(), n.Status.Allocatable.Memory(), n.Status.Allocatable["example.com/gpu"]
		all = append(all, fmt.Sprintf("%s: %s cpu, %s, %s pods, %v gpu, zone=%s disk=%s generation=%s %v", n.Name, cpu,
			memory, n.Status.Allocatable.Pods(), gpu.Value(), n.Labels[corev1.LabelTopologyZone],
			n.Labels["disk"], n.Labels["generation"], taints))
	}
	return strings.Join(all, "\n")
}
