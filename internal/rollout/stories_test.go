package rollout

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout/follow"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout/streams"
)

// parse reads an object of namespace shop, with its name as its UID.
func parse(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	u := &unstructured.Unstructured{}
	json, err := yaml.YAMLToJSON([]byte(text))
	if err == nil {
		err = u.UnmarshalJSON(json)
	}
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	u.SetNamespace("shop")
	if u.GetUID() == "" {
		u.SetUID("uid-of-it")
	}
	return u
}

// step is what the cluster shows, after a time.
type step struct {
	after  time.Duration
	object string
	from   schema.GroupVersionResource
}

// finish is what a watch came to: after how many seconds, with which findings and lines.
type finish struct {
	Seconds  float64
	Findings []string
	Lines    []string
}

// watchObjects shows the steps to a watch of the first of them, which is the one that was applied, or of all that are
// given.
func watchObjects(t *testing.T, applied []string, steps []step) finish {
	t.Helper()
	var f finish
	opts := options(t)
	opts.Progress = func(e progress.Event) {
		if m, ok := e.(progress.Message); ok {
			f.Lines = append(f.Lines, m.Text)
		}
	}
	var objects []*unstructured.Unstructured
	for _, a := range applied {
		objects = append(objects, parse(t, a))
	}
	ctx, stop := context.WithCancel(t.Context())
	start, changes, told := time.Now(), make(chan follow.Change), make(chan struct{})
	go func() {
		defer close(told)
		for _, s := range steps {
			select {
			case <-time.After(s.after):
			case <-ctx.Done():
				return
			}
			select {
			case changes <- follow.Change{Object: parse(t, s.object), From: follow.Stream{GroupVersionResource: s.from}}:
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() { stop(); <-told }()
	l := &loop{tracker: newTracker(objects, opts), opts: opts}
	result, err := l.run(ctx, changes)
	if err != nil {
		t.Fatal(err)
	}
	f.Seconds = time.Since(start).Seconds()
	for _, found := range result.Findings {
		f.Findings = append(f.Findings, fmt.Sprintf("%s %s: %s", found.Severity, found.Code, found.Message))
	}
	return f
}

func TestWatch_of_other_objects(t *testing.T) {
	const (
		shop  = "{apiVersion: example.com/v1, kind: Shop, metadata: {name: x, generation: 1}"
		claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, spec: {storageClassName: local}"
		class = "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: local, uid: class}, " +
			"volumeBindingMode: "
		web = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web}, spec: {ingressClassName: nginx}"
		sts = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, uid: db, generation: 2}, spec: {replicas: " +
			"2}, status: {observedGeneration: 2, replicas: 2, readyReplicas: 1, currentRevision: v1, updateRevision: v2}}"
		oldPod = "{apiVersion: v1, kind: Pod, metadata: {name: broken-db-0, uid: p0, labels: {controller-revision-hash: " +
			"v1}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: db, uid: db, controller: true}]}, spec: " +
			"{containers: [{name: c}]}, status: {phase: Pending}}"
		unwaited = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, uid: db, generation: 2, annotations: " +
			"{multiarch-deploy.dev/wait: 'false'}}, spec: {replicas: 2}, status: {observedGeneration: 2, replicas: 2, " +
			"readyReplicas: 1, currentRevision: v1, updateRevision: v1}}"
		daemons = "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent, uid: agent, generation: 1}, spec: " +
			"{updateStrategy: {type: RollingUpdate}}, status: {observedGeneration: 1, desiredNumberScheduled: 2, " +
			"currentNumberScheduled: 0}}"
		refused = "{apiVersion: v1, kind: Event, metadata: {name: e, uid: e}, type: Warning, reason: FailedCreate, " +
			"involvedObject: {uid: agent}, message: 'Error creating: pods \"agent-\" is forbidden: error looking up service " +
			"account shop/agent: serviceaccount \"agent\" not found'}"
	)
	tests := []struct {
		name    string
		applied []string
		steps   []step
		want    finish
	}{
		{
			name: "a_status_that_comes_late", applied: []string{shop + "}"},
			steps: []step{{0, shop + "}", schema.GroupVersionResource{}},
				{5 * time.Second, shop + ", status: {phase: Pending}}", schema.GroupVersionResource{}},
				{20 * time.Second, shop + ", status: {phase: Ready}}", schema.GroupVersionResource{}}},
			want: finish{Seconds: 25},
		},
		{
			name: "a_status_that_never_comes", applied: []string{shop + "}"},
			steps: []step{{0, shop + "}", schema.GroupVersionResource{}}},
			want: finish{Seconds: 10, Findings: []string{"info not-judged: Shop shop/x was applied; whether it is ready is " +
				"not known: it has no status."}},
		},
		{
			name: "a_failure_that_heals", applied: []string{shop + "}"},
			steps: []step{{0, shop + ", status: {phase: Failed}}", schema.GroupVersionResource{}},
				{5 * time.Second, shop + ", status: {phase: Ready}}", schema.GroupVersionResource{}}},
			want: finish{Seconds: 5},
		},
		{
			name: "a_failure_that_lasts", applied: []string{shop + "}"},
			steps: []step{{0, shop + ", status: {phase: Failed}}", schema.GroupVersionResource{}}},
			want:  finish{Seconds: 12, Findings: []string{"error unhealthy: Shop shop/x failed: phase Failed."}},
		},
		{
			name: "not_waited_for", applied: []string{"{apiVersion: example.com/v1, kind: Shop, metadata: {name: x, " +
				"annotations: {multiarch-deploy.dev/wait: 'false'}}}"},
			want: finish{Lines: []string{"Shop shop/x is not waited for, by its annotation multiarch-deploy.dev/wait"}},
		},
		{
			name: "not_waited_for_although_its_pods_are_seen", applied: []string{unwaited, claim + "}"},
			steps: []step{{0, unwaited, schema.GroupVersionResource{}}, {0, oldPod, streams.Pods},
				{9 * time.Second, claim + ", status: {phase: Bound}}", schema.GroupVersionResource{}}},
			want: finish{Seconds: 9, Lines: []string{"StatefulSet shop/db is not waited for, by its annotation " +
				"multiarch-deploy.dev/wait"}},
		},
		{
			name: "a_claim_that_waits_for_its_first_pod", applied: []string{claim + "}"},
			steps: []step{{0, claim + ", status: {phase: Pending}}", schema.GroupVersionResource{}},
				{time.Second, class + "WaitForFirstConsumer}", streams.StorageClasses}},
			want: finish{Seconds: 1},
		},
		{
			name: "a_claim_that_gets_its_volume_at_once", applied: []string{claim + "}"},
			steps: []step{{0, class + "Immediate}", streams.StorageClasses},
				{time.Second, claim + ", status: {phase: Pending}}", schema.GroupVersionResource{}},
				{30 * time.Second, claim + ", status: {phase: Bound}}", schema.GroupVersionResource{}}},
			want: finish{Seconds: 31},
		},
		{
			name: "an_ingress_without_a_controller", applied: []string{web + "}"},
			steps: []step{{0, web + "}", schema.GroupVersionResource{}}},
			want: finish{Seconds: 10, Findings: []string{"info not-judged: Ingress shop/web was applied; whether it is " +
				"ready is not known: no controller has given it an address."}},
		},
		{
			name: "an_ingress_with_a_controller", applied: []string{web + "}"},
			steps: []step{
				{0, web + "}", schema.GroupVersionResource{}},
				{time.Second, "{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx, uid: class}, spec: " +
					"{controller: k8s.io/ingress-nginx}}", streams.IngressClasses},
				{60 * time.Second, web + ", status: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}}", schema.GroupVersionResource{}},
			},
			want: finish{Seconds: 61},
		},
		{
			name: "a_broken_pod_of_an_earlier_revision", applied: []string{sts},
			steps: []step{{0, sts, schema.GroupVersionResource{}}, {time.Second, oldPod, streams.Pods}},
			want: finish{Seconds: 3, Findings: []string{"error exec-format-error: Pod shop/broken-db-0: broken.\n" +
				"This pod is of an earlier revision, and StatefulSet shop/db replaces no pod before it is ready."}},
		},
		{
			// A bubble's time starts with the year 2000.
			name: "pods_that_the_API_server_refused_an_hour_ago", applied: []string{daemons},
			steps: []step{
				{0, strings.Replace(refused, "type: Warning", "type: Warning, lastTimestamp: '1999-12-31T23:00:00Z'", 1),
					streams.Events},
				{time.Second, daemons, schema.GroupVersionResource{}},
				{8 * time.Second, strings.NewReplacer("currentNumberScheduled: 0",
					"currentNumberScheduled: 2, updatedNumberScheduled: 2, numberReady: 2, numberAvailable: 2").Replace(daemons),
					schema.GroupVersionResource{}},
			},
			want: finish{Seconds: 14},
		},
		{
			name: "pods_that_the_API_server_refuses", applied: []string{daemons},
			steps: []step{{0, daemons, schema.GroupVersionResource{}}, {time.Second, refused, streams.Events}},
			want: finish{
				Seconds:  23,
				Lines:    []string{`DaemonSet shop/agent: its pods cannot be created: error looking up service account shop/agent: serviceaccount "agent" not found.`},
				Findings: []string{`error pods-refused: DaemonSet shop/agent: its pods cannot be created: error looking up service account shop/agent: serviceaccount "agent" not found.`},
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if diff := cmp.Diff(test.want, watchObjects(t, test.applied, test.steps)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestWatch_says_what_keeps_old_pods(t *testing.T) {
	const deployment = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: cart, generation: 1, uid: d}, spec: " +
		"{replicas: 2, paused: true}, status: {observedGeneration: 1, "
	tests := []struct {
		name, object, want string
		seconds            float64
	}{
		{"paused", deployment + "replicas: 2, readyReplicas: 2}}",
			"warning held-back: Deployment shop/cart, paused: 2 pods keep an earlier revision.", 5},
		{"paused_from_the_start", deployment + "replicas: 0}}", "warning held-back: Deployment shop/cart, paused: 2 pods " +
			"are not created.", 5},
		{"on_delete", "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, generation: 1}, spec: {replicas: 1, " +
			"updateStrategy: {type: OnDelete}}, status: {observedGeneration: 1, replicas: 1, readyReplicas: 1, " +
			"currentRevision: a, updateRevision: b}}",
			"info held-back: StatefulSet shop/db, updateStrategy OnDelete: 1 pod keeps an earlier revision.", 5},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				want := finish{Seconds: test.seconds, Findings: []string{test.want}}
				if diff := cmp.Diff(want, watchObjects(t, []string{test.object},
					[]step{{0, test.object, schema.GroupVersionResource{}}})); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestPermanentAt_waits_for_what_the_deploy_brings(t *testing.T) {
	missing := finding.Diagnosis{Finding: &finding.Finding{}, Grace: 30 * time.Second}
	missing.Missing.Kind, missing.Missing.Namespace, missing.Missing.Name = "Secret", "shop", "db"
	tests := []struct {
		name, beside string
		ends         bool
	}{
		{"nothing_brings_it", "{apiVersion: v1, kind: Service, metadata: {name: a}}", true},
		{"the_set_contains_it", "{apiVersion: v1, kind: Secret, metadata: {name: db}}", false},
		{"an_external_secret", "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: a}}", false},
		{"a_certificate", "{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: a}}", false},
		{"a_custom_object_that_makes_none", "{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: " +
			"a}}", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tr := newTracker([]*unstructured.Unstructured{parse(t, test.beside)}, DefaultOptions())
			if _, ends := tr.permanentAt(missing, time.Now()); ends != test.ends {
				t.Errorf("ends the wait: %t", ends)
			}
		})
	}
}

func TestNeedsRoom_of_an_update_that_ends_no_pod_first(t *testing.T) {
	const deployment = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: cart}, spec: {replicas: REPLICAS, " +
		"strategy: {rollingUpdate: {maxUnavailable: MOST}}}, status: {replicas: 3, updatedReplicas: 1}}"
	tests := []struct {
		name, replicas, most string
		want                 bool
	}{
		{"none", "10", "0", true},
		{"a_quarter_of_two", "2", "25%", true},
		{"a_quarter_of_four", "4", "25%", false},
		{"one", "2", "1", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			u := parse(t, strings.NewReplacer("REPLICAS", test.replicas, "MOST", test.most).Replace(deployment))
			if got := newTrackedObject(u).needsRoom(); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestUpdate_waits_for_no_status_of_a_kind_that_has_none(t *testing.T) {
	const certificate = "{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: a, generation: 1}}"
	for statusless, want := range map[bool]readiness.State{true: readiness.Unjudged, false: readiness.InProgress} {
		tracked := newTrackedObject(parse(t, certificate))
		tracked.statusless = statusless
		tracked.update(streams.NewClasses(), time.Now())
		if tracked.status.State != want {
			t.Errorf("without a status in its kind %t: got %q, want %q", statusless, tracked.status.State, want)
		}
	}
}
