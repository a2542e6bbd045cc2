package schedule_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
)

func TestFits_says_what_keeps_a_pod_off_a_node_for_ever(t *testing.T) {
	tests := []struct {
		name, spec string // of the pod
		want       []string
	}{
		{"nothing_asked", `{}`, []string{"", "", ""}},
		{"a_label", `{nodeSelector: {kubernetes.io/arch: arm64}}`,
			[]string{"node(s) didn't match Pod's node affinity/selector", "",
				"node(s) didn't match Pod's node affinity/selector"}},
		{"a_device", `{containers: [{name: c, resources: {requests: {nvidia.com/gpu: 1}}}]}`,
			[]string{"", "Insufficient nvidia.com/gpu", ""}},
		{"more_cpu_than_a_node_has", `{containers: [{name: c, resources: {requests: {cpu: 3}}}]}`,
			[]string{"Insufficient cpu", "", ""}},
		{"a_bound_volume", `{volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]}`,
			[]string{"node(s) didn't match PersistentVolume's node affinity", "",
				"node(s) didn't match PersistentVolume's node affinity"}},
		{"a_claim_whose_class_is_of_one_zone", `{volumes: [{name: v, persistentVolumeClaim: {claimName: later}}]}`,
			[]string{"", "node(s) didn't find available persistent volumes to bind",
				"node(s) didn't find available persistent volumes to bind"}},
		{"a_claim_of_its_own", `{volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {storageClassName: zonal,
			resources: {requests: {storage: 1Gi}}}}}}]}`, []string{"", "node(s) didn't find available persistent volumes to bind",
			"node(s) didn't find available persistent volumes to bind"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := scheduler(t, schedule.Ever)
			got, err := s.Fits(t.Context(), pod(t, "p", test.spec))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlace_until_no_node_has_room(t *testing.T) {
	tests := []struct {
		name, spec string
		placed     int
		why        schedule.Reasons
	}{
		{"cpu", `{containers: [{name: c, resources: {requests: {cpu: 1500m}}}]}`, 3,
			schedule.Reasons{"Insufficient cpu": 2, "node(s) had untolerated taint(s)": 1}},
		{"one_per_node", `{affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [
			{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}]}}}`, 2,
			schedule.Reasons{"node(s) didn't match pod anti-affinity rules": 2, "node(s) had untolerated taint(s)": 1}},
		{"spread_that_counts_a_tainted_node", `{topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/arch,
			whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]}`, 1,
			schedule.Reasons{"node(s) didn't match pod topology spread constraints": 2, "node(s) had untolerated taint(s)": 1}},
		{"a_claim_that_they_share", `{containers: [{name: c, resources: {requests: {cpu: 1500m}}}],
			volumes: [{name: v, persistentVolumeClaim: {claimName: shared}}]}`, 3,
			schedule.Reasons{"Insufficient cpu": 2, "node(s) had untolerated taint(s)": 1}},
		{"a_port_of_the_node", `{containers: [{name: c, ports: [{containerPort: 80, hostPort: 80}]}]}`, 2,
			schedule.Reasons{"node(s) didn't have free ports for the requested pod ports": 2,
				"node(s) had untolerated taint(s)": 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := scheduler(t, schedule.Now)
			for i := range 10 {
				node, why, err := s.Place(t.Context(), pod(t, fmt.Sprintf("web-%d", i), test.spec))
				if err != nil {
					t.Fatal(err)
				}
				if node != "" {
					continue
				}
				if diff := cmp.Diff(test.why, why); diff != "" || i != test.placed {
					t.Errorf("%d placed; (-want +got):\n%s", i, diff)
				}
				return
			}
			t.Error("all placed")
		})
	}
}

func TestPlace_stops_as_the_scheduler_does_at_an_invalid_preference(t *testing.T) {
	s := scheduler(t, schedule.Now)
	_, _, err := s.Place(t.Context(), pod(t, "p",
		`{affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [
		{weight: 1, preference: {matchExpressions: [{key: "-bad-", operator: In, values: [x]}]}}]}}}`))
	if err == nil {
		t.Error("no error")
	}
}

func scheduler(t *testing.T, rules schedule.Rules) *schedule.Scheduler {
	t.Helper()
	var nodes []corev1.Node
	parse(t, `
- metadata: {name: a, labels: {kubernetes.io/hostname: a, kubernetes.io/arch: amd64, topology.kubernetes.io/zone: z1}}
  status: {allocatable: {cpu: 2, memory: 8Gi, pods: 110, nvidia.com/gpu: 1}}
- metadata: {name: b, labels: {kubernetes.io/hostname: b, kubernetes.io/arch: arm64, topology.kubernetes.io/zone: z2}}
  spec: {taints: [{key: kubernetes.io/arch, value: arm64, effect: NoSchedule}]}
  status: {allocatable: {cpu: 4, memory: 8Gi, pods: 110}}
- metadata: {name: c, labels: {kubernetes.io/hostname: c, kubernetes.io/arch: amd64, topology.kubernetes.io/zone: z3}}
  status: {allocatable: {cpu: 4, memory: 8Gi, pods: 110, nvidia.com/gpu: 1}}
`, &nodes)
	s, err := schedule.New(t.Context(), schedule.Snapshot{Nodes: nodes, Storage: storage(t)}, rules)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func storage(t *testing.T) schedule.Storage {
	t.Helper()
	var claims []corev1.PersistentVolumeClaim
	var volumes []corev1.PersistentVolume
	var classes []storagev1.StorageClass
	parse(t, `
- metadata: {name: data, namespace: shop, annotations: {pv.kubernetes.io/bind-completed: "yes"}}
  spec: {volumeName: data, storageClassName: zonal, resources: {requests: {storage: 1Gi}}}
  status: {phase: Bound}
- metadata: {name: later, namespace: shop}
  spec: {storageClassName: zonal, resources: {requests: {storage: 1Gi}}}
- metadata: {name: shared, namespace: shop}
  spec: {storageClassName: anywhere, resources: {requests: {storage: 1Gi}}}
`, &claims)
	parse(t, `
- metadata: {name: data}
  spec:
    capacity: {storage: 1Gi}
    claimRef: {namespace: shop, name: data}
    nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [
      {key: topology.kubernetes.io/zone, operator: In, values: [z2]}]}]}}
`, &volumes)
	parse(t, `
- metadata: {name: zonal}
  provisioner: example.com/disk
  volumeBindingMode: WaitForFirstConsumer
  allowedTopologies: [{matchLabelExpressions: [{key: topology.kubernetes.io/zone, values: [z1]}]}]
- metadata: {name: anywhere}
  provisioner: example.com/disk
  volumeBindingMode: WaitForFirstConsumer
`, &classes)
	return schedule.Storage{Claims: claims, Volumes: volumes, Classes: classes}
}

func pod(t *testing.T, name, spec string) *corev1.Pod {
	t.Helper()
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop", UID: types.UID(name),
		Labels: map[string]string{"app": "web"}}}
	parse(t, spec, &p.Spec)
	return p
}

func parse(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}
