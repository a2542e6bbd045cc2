package room_test

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/room"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
)

// BenchmarkForetell is of a cluster where 20 pods run on each node, and of a deploy of workloads of 3 replicas, each a
// third of them with an anti-affinity or a spread.
func BenchmarkForetell(b *testing.B) {
	for _, size := range []struct{ nodes, workloads int }{{100, 20}, {1000, 200}} {
		b.Run(fmt.Sprintf("%d_nodes_%d_pods_%d_workloads", size.nodes, 20*size.nodes, size.workloads), func(b *testing.B) {
			cluster := fleet(b, size.nodes)
			var workloads []room.Workload
			for i := range size.workloads {
				workloads = append(workloads, numbered(b, i))
			}
			for b.Loop() {
				all, err := room.Foretell(b.Context(), cluster, workloads, room.Scaling{})
				if err != nil || all[0].Fit != 3 {
					b.Fatal(all[0], err)
				}
			}
		})
	}
}

func fleet(b *testing.B, n int) schedule.Snapshot {
	s := schedule.Snapshot{}
	for i := range n {
		node := corev1.Node{}
		parse(b, fmt.Sprintf(`{metadata: {name: n%d, labels: {kubernetes.io/hostname: n%[1]d, topology.kubernetes.io/zone: z%d}},
			status: {allocatable: {cpu: 8, memory: 32Gi, pods: 110}}}`, i, i%3), &node)
		s.Nodes = append(s.Nodes, node)
		for j := range 20 {
			p := pod(b, fmt.Sprintf("p-%d-%d", i, j), cpu("100m"))
			p.Spec.NodeName = node.Name
			s.Pods = append(s.Pods, *p)
		}
	}
	return s
}

func numbered(b *testing.B, i int) room.Workload {
	spec := cpu("200m")
	switch i % 3 {
	case 1:
		spec += "\n" + alone
	case 2:
		spec += `
topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule,
  labelSelector: {matchLabels: {app: web}}}]`
	}
	w := workload(b, "Deployment", "replicas: 3", spec)
	template := pod(b, "template", spec)
	template.Labels = map[string]string{"app": fmt.Sprintf("web-%d", i)}
	if template.Spec.Affinity != nil {
		template.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].LabelSelector.MatchLabels = template.Labels
	}
	for n := range template.Spec.TopologySpreadConstraints {
		template.Spec.TopologySpreadConstraints[n].LabelSelector = &metav1.LabelSelector{MatchLabels: template.Labels}
	}
	w.Pod = func(n int) *corev1.Pod {
		p := template.DeepCopy()
		p.Name = fmt.Sprintf("w-%d-%d", i, n)
		p.UID = types.UID(p.Name)
		return p
	}
	return w
}
