package room_test

import (
	stdcmp "cmp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/room"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
)

// cpu is a container that asks for so much.
func cpu(amount string) string {
	return `containers: [{name: c, image: i, resources: {requests: {cpu: ` + amount + `}}}]`
}

const alone = `affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [
	{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}]}}`

func TestForetell(t *testing.T) {
	const full = "Insufficient cpu"
	tests := []struct {
		name    string
		kind    string
		spec    string // of the object but for its template
		pod     string // spec of the template
		running string // nodes of the pods that it has, one each
		old     string // their spec; as the template's by default
		others  []room.Workload
		want    room.Forecast
	}{
		{name: "all_fit", kind: "Deployment", spec: "replicas: 3", pod: cpu("1"),
			want: room.Forecast{Wanted: 3, Fit: 3, Nodes: map[string]int{"a": 1, "b": 2}}},
		{name: "some_do_not", kind: "Deployment", spec: "replicas: 9", pod: cpu("1"),
			want: room.Forecast{Wanted: 9, Fit: 6, Nodes: map[string]int{"a": 2, "b": 4}, Why: schedule.Reasons{full: 2}}},
		{name: "the_old_ones_make_room", kind: "Deployment", spec: "{replicas: 2, strategy: {rollingUpdate: " +
			"{maxUnavailable: 1}}}", pod: cpu("2") + "\n" + alone, running: "a b",
			want: room.Forecast{Wanted: 2, Fit: 2, Nodes: map[string]int{"a": 1, "b": 1}}},
		{name: "an_update_that_never_moves", kind: "Deployment", pod: cpu("1") + "\n" + alone, running: "a b",
			spec: "{replicas: 2, strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}}",
			want: room.Forecast{Wanted: 2, Fit: 2, Nodes: map[string]int{"a": 1, "b": 1}, Stuck: true, NoneMayGo: true,
				Why: schedule.Reasons{"node(s) didn't match pod anti-affinity rules": 2}}},
		{name: "an_update_to_fewer_pods_that_needs_the_room_of_the_last_one", kind: "Deployment", pod: cpu("4"),
			spec:    "{replicas: 1, strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}}",
			running: "b b b b", old: cpu("1"),
			want: room.Forecast{Wanted: 1, Fit: 1, Nodes: map[string]int{"b": 1}, Stuck: true, NoneMayGo: true,
				Why: schedule.Reasons{full: 2}}},
		{name: "an_update_that_may_lose_one_pod_and_needs_the_room_of_two", kind: "Deployment", pod: cpu("2"),
			spec:    "{replicas: 3, strategy: {rollingUpdate: {maxUnavailable: 1, maxSurge: 0}}}",
			running: "a b b", old: cpu("1"),
			want: room.Forecast{Wanted: 3, Fit: 3, Nodes: map[string]int{"a": 1, "b": 2}}},
		{name: "a_StatefulSet_that_begins_with_the_last", kind: "StatefulSet", pod: cpu("3"), spec: "replicas: 1",
			running: "b", old: cpu("1"), want: room.Forecast{Wanted: 1, Fit: 1, Nodes: map[string]int{"b": 1}}},
		{name: "a_StatefulSet_whose_last_pod_finds_no_room_beside_the_others", kind: "StatefulSet", pod: cpu("2"),
			spec: "replicas: 3", running: "b b b", old: cpu("1"),
			want: room.Forecast{Wanted: 3, Fit: 3, Nodes: map[string]int{"a": 1, "b": 2}}},
		{name: "a_DaemonSet_that_adds_before_it_removes", kind: "DaemonSet", pod: cpu("2"), running: "a b", old: cpu("1"),
			spec: "{updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}}",
			want: room.Forecast{Wanted: 2, Fit: 2, Nodes: map[string]int{"a": 1, "b": 1}, Stuck: true, NoneMayGo: true,
				Why: schedule.Reasons{full: 1, "node(s) didn't match Pod's node affinity/selector": 1}}},
		{name: "a_StatefulSet_whose_pods_are_deleted_by_hand", kind: "StatefulSet", pod: cpu("9"), running: "a b",
			spec: "{replicas: 2, updateStrategy: {type: OnDelete}}", want: room.Forecast{Nodes: map[string]int{}}},
		{name: "a_DaemonSet_whose_pods_are_deleted_by_hand", kind: "DaemonSet", pod: cpu("3"), running: "a",
			spec: "{updateStrategy: {type: OnDelete}}", want: room.Forecast{Wanted: 1, Fit: 1, Nodes: map[string]int{"b": 1}}},
		{name: "recreate_lets_all_go_first", kind: "Deployment", pod: cpu("1") + "\n" + alone, running: "a b",
			spec: "{replicas: 2, strategy: {type: Recreate}}",
			want: room.Forecast{Wanted: 2, Fit: 2, Nodes: map[string]int{"a": 1, "b": 1}}},
		{name: "a_StatefulSet_stops_at_the_first_that_does_not_fit", kind: "StatefulSet", spec: "replicas: 4", pod: cpu("3"),
			want: room.Forecast{Wanted: 4, Fit: 1, Nodes: map[string]int{"b": 1}, Why: schedule.Reasons{full: 2}}},
		{name: "a_DaemonSet_has_one_per_node", kind: "DaemonSet", spec: "{}", pod: cpu("3"),
			want: room.Forecast{Wanted: 2, Fit: 1, Nodes: map[string]int{"b": 1},
				Why: schedule.Reasons{full: 1, "node(s) didn't match Pod's node affinity/selector": 1}}},
		{name: "a_Job_runs_some_at_a_time", kind: "Job", spec: "{parallelism: 5, completions: 2}", pod: cpu("1"),
			want: room.Forecast{Wanted: 2, Fit: 2, Nodes: map[string]int{"b": 2}}},
		{name: "a_suspended_Job_runs_none", kind: "Job", spec: "suspend: true", pod: cpu("1"),
			want: room.Forecast{Nodes: map[string]int{}}},
		{name: "a_CronJob_runs_once", kind: "CronJob", spec: "jobTemplate: {spec: {parallelism: 1}}", pod: cpu("1"),
			want: room.Forecast{Wanted: 1, Fit: 1, Nodes: map[string]int{"b": 1}}},
		{name: "a_Pod_that_is_there_stays", kind: "Pod", spec: "{}", pod: cpu("1"), running: "a",
			want: room.Forecast{Nodes: map[string]int{}}},
		{name: "a_kind_of_the_same_name_in_another_group", kind: "example.com/v1 Deployment", spec: "replicas: 2",
			pod: cpu("1"), want: room.Forecast{Nodes: map[string]int{}}},
		{name: "pods_of_lower_priority_go", kind: "Deployment", spec: "replicas: 1", pod: cpu("4") + "\npriority: 10",
			want: room.Forecast{Wanted: 1, Fit: 1, Nodes: map[string]int{"b": 1}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := workload(t, test.kind, test.spec, test.pod)
			before := workload(t, test.kind, test.spec, stdcmp.Or(test.old, test.pod))
			cluster := schedule.Snapshot{Nodes: nodes(t), Pods: running(before, strings.Fields(test.running))}
			got, err := room.Foretell(t.Context(), cluster, []room.Workload{w}, room.Scaling{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]room.Forecast{test.want}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestForetell_evicts_pods_of_lower_priority(t *testing.T) {
	w := workload(t, "Deployment", "replicas: 1", cpu("4")+"\npriority: 10")
	low := pod(t, "low", cpu("1"))
	low.Spec.NodeName = "b"
	got, err := room.Foretell(t.Context(), schedule.Snapshot{Nodes: nodes(t), Pods: []corev1.Pod{*low}},
		[]room.Workload{w}, room.Scaling{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got[0].Victims) != 1 || got[0].Victims[0].Name != "low" || got[0].Fit != 1 {
		t.Errorf("%+v", got[0])
	}
}

func TestForetell_counts_the_minimum_of_an_autoscaler(t *testing.T) {
	w := workload(t, "Deployment", "replicas: 1", cpu("1"))
	hpa := &unstructured.Unstructured{}
	parse(t, scalerOf("apps/v1"), &hpa.Object)
	running, others := make([]autoscalingv2.HorizontalPodAutoscaler, 1), make([]autoscalingv2.HorizontalPodAutoscaler, 1)
	parse(t, scalerOf("apps/v1"), &running[0])
	parse(t, scalerOf("example.com/v1"), &others[0]) // of another kind of the same name
	scaled := room.Forecast{Wanted: 2, Fit: 2, Nodes: map[string]int{"b": 2}, Most: 9, MostFit: 6}
	for _, test := range []struct {
		name    string
		scaling room.Scaling
		want    room.Forecast
	}{
		{"of_the_deploy", room.Scaling{Objects: []*unstructured.Unstructured{hpa}}, scaled},
		{"of_the_cluster", room.Scaling{Running: running}, scaled},
		{"of_another_kind", room.Scaling{Running: others}, room.Forecast{Wanted: 1, Fit: 1, Nodes: map[string]int{"b": 1}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := room.Foretell(t.Context(), schedule.Snapshot{Nodes: nodes(t)}, []room.Workload{w}, test.scaling)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]room.Forecast{test.want}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestForetell_leaves_the_number_of_pods_to_an_autoscaler has one with the bounds 2 and 9.
func TestForetell_leaves_the_number_of_pods_to_an_autoscaler(t *testing.T) {
	scaling := room.Scaling{Running: make([]autoscalingv2.HorizontalPodAutoscaler, 1)}
	parse(t, scalerOf("apps/v1"), &scaling.Running[0])
	for _, test := range []struct {
		name, spec, running string
		want                int
	}{
		{"a_new_one_starts_with_the_manifests", "replicas: 5", "", 5},
		{"what_runs_stays", "replicas: 5", "a b b", 3},
		{"less_than_the_minimum", "{}", "a", 2},
		{"more_than_the_maximum", "replicas: 20", "", 9},
		{"asleep", "replicas: 0", "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := workload(t, "Deployment", test.spec, cpu("100m"))
			cluster := schedule.Snapshot{Nodes: nodes(t), Pods: running(w, strings.Fields(test.running))}
			got, err := room.Foretell(t.Context(), cluster, []room.Workload{w}, scaling)
			if err != nil {
				t.Fatal(err)
			}
			if got[0].Wanted != test.want {
				t.Errorf("%d pods, want %d", got[0].Wanted, test.want)
			}
		})
	}
}

func scalerOf(version string) string {
	return `{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web, namespace: shop}, spec: {
		minReplicas: 2, maxReplicas: 9, scaleTargetRef: {apiVersion: ` + version + `, kind: Deployment, name: web}}}`
}

func TestExceeded(t *testing.T) {
	var quotas []corev1.ResourceQuota
	parse(t, `[{metadata: {name: limit, namespace: shop}, status: {hard: {pods: 2}, used: {pods: 2}}}]`, &quotas)
	tests := []struct {
		name, kind, spec string
		unchanged        bool
		want             []string
	}{
		{"an_update_that_adds_before_it_removes", "Deployment", "replicas: 2", false, []string{"pods: 3 of 2 in between"}},
		{"an_update_that_removes_first", "Deployment", "{replicas: 2, strategy: {rollingUpdate: {maxUnavailable: 1}}}", false,
			nil},
		{"no_update", "Deployment", "replicas: 2", true, nil},
		{"too_many_in_the_end", "Deployment", "replicas: 4", false, []string{"pods: 4 of 2"}},
		{"a_pod_on_each_node", "DaemonSet", "{}", false, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := workload(t, test.kind, test.spec, cpu("100m"))
			w.Unchanged = test.unchanged
			workloads, pods := []room.Workload{w}, running(w, []string{"a", "b"})
			cluster := schedule.Snapshot{Nodes: nodes(t), Pods: pods}
			forecasts, err := room.Foretell(t.Context(), cluster, workloads, room.Scaling{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range room.Exceeded(quotas, pods, workloads, forecasts) {
				text := e.String()
				if e.Stalls != nil {
					text += " in between"
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// nodes have 2 and 4 CPUs.
func nodes(t *testing.T) []corev1.Node {
	var all []corev1.Node
	parse(t, `
- metadata: {name: a, labels: {kubernetes.io/hostname: a}}
  status: {allocatable: {cpu: 2, memory: 8Gi, pods: 110}}
- metadata: {name: b, labels: {kubernetes.io/hostname: b}}
  status: {allocatable: {cpu: 4, memory: 8Gi, pods: 110}}
`, &all)
	return all
}

func workload(t testing.TB, kind, spec, podSpec string) room.Workload {
	t.Helper()
	version := map[string]string{"Pod": "v1", "Job": "batch/v1", "CronJob": "batch/v1"}[kind]
	if of, name, ok := strings.Cut(kind, " "); ok {
		version, kind = of, name
	}
	obj := &unstructured.Unstructured{Object: map[string]any{"apiVersion": stdcmp.Or(version, "apps/v1"), "kind": kind,
		"metadata": map[string]any{"name": "web", "namespace": "shop"}}}
	fields := map[string]any{}
	parse(t, spec, &fields)
	obj.Object["spec"] = fields
	return room.Workload{Object: obj, Pod: func(n int) *corev1.Pod { return pod(t, "web-"+string(rune('0'+n)), podSpec) }}
}

func pod(t testing.TB, name, spec string) *corev1.Pod {
	t.Helper()
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop", UID: types.UID(name),
		Labels: map[string]string{"app": "web"}}}
	parse(t, spec, &p.Spec)
	return p
}

// running are the workload's pods on some nodes, as its controller made them.
func running(w room.Workload, nodes []string) []corev1.Pod {
	var all []corev1.Pod
	for i, name := range nodes {
		p := w.Pod(i)
		p.UID += "-old"
		p.Spec.NodeName = name
		p.Labels["pod-template-hash"] = "1"
		owner := metav1.OwnerReference{APIVersion: w.Object.GetAPIVersion(), Kind: w.Object.GetKind(), Name: "web",
			Controller: new(true)}
		if owner.Kind == "Deployment" {
			owner.Kind, owner.Name = "ReplicaSet", "web-1"
		}
		if owner.Kind == "Pod" {
			p.Name = "web"
		}
		p.OwnerReferences = []metav1.OwnerReference{owner}
		all = append(all, *p)
	}
	return all
}

func parse(t testing.TB, text string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(strings.ReplaceAll(text, "\t", " ")), into); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if m, ok := into.(*map[string]any); ok {
		*m = runtime.DeepCopyJSON(*m)
	}
}
