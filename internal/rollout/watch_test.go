package rollout_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

const (
	template = `
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec:
      terminationGracePeriodSeconds: 0`
)

// outcome is how a watch ended: the pods that are ready of all, and the findings as "severity code container
// architecture".
type outcome struct {
	Ready, Pods int
	Findings    []string
}

func TestWatch_on_a_mixed_cluster(t *testing.T) {
	pushImages(t)
	tests := []struct {
		name string
		// applied one after the other; the last one is watched.
		applied []string
		timeout time.Duration
		want    outcome
		// midway: the rollout fails while pods of both revisions are there, and how many are new by then is chance.
		midway bool
	}{
		{name: "good_deployment", applied: []string{deployment("good:1", "")}, want: outcome{Ready: 4, Pods: 4}},
		{
			name: "binary_for_one_cpu_of_two", applied: []string{deployment("amd64:1", "")},
			want: outcome{Ready: 2, Pods: 4, Findings: []string{"error exec-format-error c arm64"}},
		},
		{
			name: "sidecar_for_the_wrong_cpu",
			applied: []string{deployment("good:1", "\n      - {name: side, image: IMAGE/amd64:1}\n      nodeSelector: "+
				"{kubernetes.io/hostname: arm-0}")},
			want: outcome{Ready: 0, Pods: 4, Findings: []string{"error exec-format-error side arm64"}},
		},
		{
			name: "init_container_for_the_wrong_cpu",
			applied: []string{deployment("good:1", "\n      initContainers: [{name: i, image: IMAGE/amd64:1}]\n      "+
				"nodeSelector: {kubernetes.io/hostname: arm-0}")},
			want: outcome{Ready: 0, Pods: 4, Findings: []string{"error exec-format-error i arm64"}},
		},
		{
			name: "missing_tag", applied: []string{deployment("good:2", "")},
			want: outcome{Ready: 0, Pods: 4, Findings: []string{"error image-not-found c amd64",
				"error image-not-found c arm64"}},
		},
		{
			name: "missing_platform", applied: []string{deployment("amd64-index:1", "")},
			want: outcome{Ready: 2, Pods: 4, Findings: []string{"error platform-missing c arm64"}},
		},
		{
			name: "nodes_behind_a_taint", timeout: 4 * time.Second,
			applied: []string{deployment("good:1", "\n      nodeSelector: {pool: spot}")},
			want:    outcome{Ready: 0, Pods: 4, Findings: []string{"error deadline  ", "error untolerated-taint  "}},
		},
		{
			name: "good_deployment_that_turns_bad",
			applied: []string{deployment("good:1", ""), deployment("amd64:1", "\n      nodeSelector: {kubernetes.io/hostname: "+
				"arm-0}")},
			want:   outcome{Ready: 0, Findings: []string{"error exec-format-error c arm64"}},
			midway: true,
		},
		{
			name:    "bad_deployment_that_is_put_right",
			applied: []string{deployment("amd64:1", ""), deployment("good:1", "")},
			want:    outcome{Ready: 4, Pods: 4},
		},
		{name: "good_daemonset", applied: []string{daemonSet("good:1")}, want: outcome{Ready: 2, Pods: 2}},
		{
			name: "daemonset_for_one_cpu_of_two", applied: []string{daemonSet("amd64:1")},
			want: outcome{Ready: 1, Pods: 2, Findings: []string{"error exec-format-error c arm64"}},
		},
		{name: "good_statefulset", applied: []string{statefulSet("good:1", "amd-0")}, want: outcome{Ready: 2, Pods: 2}},
		{
			name: "statefulset_for_the_wrong_cpu", applied: []string{statefulSet("amd64:1", "arm-0")},
			want: outcome{Ready: 0, Pods: 2, Findings: []string{"error exec-format-error c arm64"}},
		},
		{name: "job_that_completes", applied: []string{job("good:1")}, want: outcome{Ready: 0, Pods: 1}},
		{
			name: "job_for_the_wrong_cpu", applied: []string{job("amd64:1")},
			want: outcome{Ready: 0, Pods: 1, Findings: []string{"error exec-format-error c arm64"}},
		},
		{
			name: "bare_pod_for_the_wrong_cpu",
			applied: []string{"apiVersion: v1\nkind: Pod\nmetadata: {name: cart}\nspec: {nodeName: arm-0, containers: [{name: " +
				"c, image: IMAGE/amd64:1}]}"},
			want: outcome{Ready: 0, Pods: 1, Findings: []string{"error exec-format-error c arm64"}},
		},
		{
			name: "objects_without_pods",
			applied: []string{strings.Join([]string{
				"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}",
				"apiVersion: v1\nkind: Service\nmetadata: {name: b}\nspec: {type: LoadBalancer, ports: [{port: 80}], selector: " +
					"{app: cart}}",
				"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec: {suspend: true, schedule: \"* * * * *\", " +
					"jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}}}}",
				"apiVersion: batch/v1\nkind: Job\nmetadata: {name: d}\nspec: {suspend: true, template: {spec: {restartPolicy: " +
					"Never, containers: [{name: c, image: x}]}}}",
				"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: e}\nspec:\n  replicas: 0" + template +
					"\n      containers: [{name: c, image: x}]",
				"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: f}\nspec:\n  paused: true" + template +
					"\n      containers: [{name: c, image: x}]",
			}, "\n---\n")},
			want: outcome{Findings: []string{"warning held-back  "}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t)
			opts := s.options(t)
			opts.Timeout = cmp.Or(test.timeout, 3*time.Minute)
			var got outcome
			for i, yaml := range test.applied {
				start := time.Now()
				result, err := rollout.Watch(t.Context(), s.Cluster, s.apply(t, yaml), opts)
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("watch %d ended after %.1f s: %v", i+1, time.Since(start).Seconds(), result)
				if took := time.Since(start); test.timeout == 0 && took > opts.Timeout {
					t.Errorf("it took %s, until its deadline", took)
				}
				got = reduce(result)
			}
			if test.midway {
				got.Pods = 0
			}
			if diff := gocmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What kubectl rollout status and helm --wait call a success: pods that crash for ever, ready for a moment now and
// then. Here nobody diagnoses, so the rule on stability works alone.
func TestWatch_is_never_green_on_a_crash_loop(t *testing.T) {
	t.Parallel()
	pushImages(t)
	s := openShop(t)
	opts := s.options(t)
	opts.Diagnose = rollout.DefaultOptions().Diagnose
	opts.Timeout = 25 * time.Second
	result, err := rollout.Watch(t.Context(), s.Cluster, s.apply(t, deployment("amd64:1", "")), opts)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]string{"error deadline  "}, reduce(result).Findings); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWatch_ends_when_interrupted(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	applied := s.apply(t, deployment("good:1", "\n      nodeSelector: {pool: none}"))
	for made := 0; made < 4; time.Sleep(50 * time.Millisecond) {
		pods, err := s.client.CoreV1().Pods(s.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		made = len(pods.Items)
	}
	opts := s.options(t)
	opts.Progress = func(e progress.Event) {
		if m, ok := e.(progress.Message); ok && strings.Contains(m.Text, "waits for a node") { // the list of pods is read
			time.AfterFunc(2*time.Second, cancel)
		}
	}
	result, err := rollout.Watch(ctx, s.Cluster, applied, opts)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want the context's own", err)
	}
	if diff := gocmp.Diff(outcome{Pods: 4}, reduce(result)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func reduce(result rollout.Result) outcome {
	o := outcome{Pods: len(result.Pods)}
	for _, p := range result.Pods {
		if p.Ready {
			o.Ready++
		}
	}
	for _, f := range result.Findings {
		o.Findings = append(o.Findings, fmt.Sprintf("%s %s %s %s", f.Severity, f.Code, f.Container, f.Architecture))
	}
	return o
}

func deployment(image, rest string) string {
	return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec:\n  replicas: 4" + template +
		"\n      containers:\n      - {name: c, image: IMAGE/" + image + "}" + rest
}

func daemonSet(image string) string {
	return "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: cart}\nspec:" + template +
		"\n      containers: [{name: c, image: IMAGE/" + image + "}]"
}

func statefulSet(image, node string) string {
	return "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: cart}\nspec:\n  replicas: 2\n  serviceName: cart" +
		template +
		"\n      nodeSelector: {kubernetes.io/hostname: " + node + "}\n      containers: [{name: c, image: IMAGE/" + image +
		"}]"
}

func job(image string) string {
	return "apiVersion: batch/v1\nkind: Job\nmetadata: {name: cart}\nspec:\n  template:\n    spec:\n      " +
		"restartPolicy: Never\n" +
		"      nodeSelector: {kubernetes.io/hostname: arm-0}\n      containers: [{name: c, image: IMAGE/" + image + "}]"
}
