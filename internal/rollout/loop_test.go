package rollout

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout/follow"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout/streams"
)

// end is what a watch came to: after how many seconds, and with which findings.
type end struct {
	Seconds  float64
	Done     bool
	Findings []string
	Err      string
}

// story feeds changes to a watch, as a cluster would.
type story struct{ send func(follow.Change) }

func (s story) deployment(available int64) { s.send(follow.Change{Object: deployment(1, available)}) }

func (s story) pod(name string, statuses ...map[string]any) {
	s.send(follow.Change{From: follow.Stream{GroupVersionResource: streams.Pods},
		Object: podOf(name, "rs-1", statuses...)})
}

func (s story) failing(err error) {
	s.send(follow.Change{From: follow.Stream{GroupVersionResource: streams.Pods, Namespace: "shop"}, Err: err})
}

func TestWatch_of_a_deployment(t *testing.T) {
	tests := []struct {
		name string
		// tell runs in bubble time, which starts when the ReplicaSet is known.
		tell func(story)
		want end
	}{
		{
			name: "ready_pods_are_stable_after_five_seconds",
			tell: func(s story) {
				time.Sleep(3 * time.Second)
				s.pod("a", up("c", 0))
				s.pod("b", up("c", 0))
				s.deployment(2)
			},
			want: end{Seconds: 8, Done: true},
		},
		{
			name: "each_pod_lasts_for_itself",
			tell: func(s story) {
				s.pod("a", up("c", 0))
				time.Sleep(4 * time.Second)
				s.pod("b", up("c", 0))
				s.deployment(2)
			},
			want: end{Seconds: 9, Done: true},
		},
		{
			name: "a_crash_starts_it_anew_and_doubles_it",
			tell: func(s story) {
				s.pod("a", up("c", 0))
				s.pod("b", up("c", 0))
				s.deployment(2)
				time.Sleep(4 * time.Second)
				s.pod("b", down("c", 0, time.Second))
				time.Sleep(time.Second)
				s.pod("b", up("c", 1, time.Second))
			},
			want: end{Seconds: 15, Done: true},
		},
		{
			name: "a_new_run_counts_even_when_its_crash_went_unseen",
			tell: func(s story) {
				s.pod("a", up("c", 0))
				s.pod("b", up("c", 0))
				s.deployment(2)
				time.Sleep(4 * time.Second)
				s.pod("b", up("c", 1, time.Second))
			},
			want: end{Seconds: 14, Done: true},
		},
		{
			name: "after_a_long_run_that_crashed_it_must_last_twice_as_long",
			tell: func(s story) {
				s.pod("a", up("c", 0))
				s.pod("b", up("c", 1, 20*time.Second))
				s.deployment(2)
			},
			want: end{Seconds: 40, Done: true},
		},
		{
			name: "a_crash_long_ago_is_forgotten",
			tell: func(s story) {
				pod := up("c", 7, time.Second)
				pod["state"] = map[string]any{"running": map[string]any{"startedAt": stamp(-time.Hour)}}
				s.pod("a", pod)
				s.pod("b", up("c", 0))
				s.deployment(2)
			},
			want: end{Seconds: 5, Done: true},
		},
		{
			// What two real nodes showed: ready for a second at each restart, and a Deployment that says it is complete.
			name: "a_crash_loop_that_looks_complete_now_and_then_is_never_green",
			tell: func(s story) {
				s.pod("a", up("c", 0))
				for i, pause := range []time.Duration{0, 10, 20, 40, 80, 160} {
					s.pod("b", up("c", i, time.Second))
					s.deployment(2)
					time.Sleep(time.Second)
					s.pod("b", down("c", i, time.Second))
					s.deployment(1)
					time.Sleep(pause * time.Second)
				}
			},
			want: end{Seconds: 600, Findings: []string{"error deadline apps/v1 Deployment shop/cart"}},
		},
		{
			name: "a_permanent_failure_ends_it_when_the_others_had_their_moment",
			tell: func(s story) {
				s.pod("a", up("c", 0))
				time.Sleep(3 * time.Second)
				s.pod("broken-1", down("c", 0, 0))
				time.Sleep(time.Second)
				s.pod("broken-2", down("c", 0, 0))
				s.pod("trouble", down("c", 0, 0))
			},
			want: end{Seconds: 5, Findings: []string{
				"error exec-format-error apps/v1 Deployment shop/cart", "warning crash-loop apps/v1 Deployment shop/cart",
			}},
		},
		{
			name: "one_good_container_does_not_hide_a_broken_sidecar",
			tell: func(s story) {
				s.pod("broken-1", up("c", 0), up("d", 1, time.Second))
				s.pod("b", up("c", 0), up("d", 0))
				s.deployment(2)
			},
			want: end{Seconds: 2, Findings: []string{"error exec-format-error apps/v1 Deployment shop/cart"}},
		},
		{
			name: "trouble_that_heals_is_green",
			tell: func(s story) {
				s.pod("a", up("c", 0))
				s.pod("trouble", down("c", 0, 0))
				time.Sleep(30 * time.Second)
				s.pod("trouble", up("c", 1, 0))
				s.deployment(2)
			},
			want: end{Seconds: 40, Done: true},
		},
		{
			name: "trouble_at_the_deadline_is_an_error",
			tell: func(s story) {
				s.pod("a", up("c", 0))
				s.pod("trouble", down("c", 0, 0))
			},
			want: end{Seconds: 600, Findings: []string{
				"error deadline apps/v1 Deployment shop/cart", "error crash-loop apps/v1 Deployment shop/cart",
			}},
		},
		{
			name: "a_pod_of_the_old_revision_fails_nothing",
			tell: func(s story) {
				s.send(follow.Change{From: follow.Stream{GroupVersionResource: streams.Pods},
					Object: podOf("broken-old", "rs-0", down("c", 9, 0))})
				s.pod("a", up("c", 0))
				s.pod("b", up("c", 0))
				s.deployment(2)
			},
			want: end{Seconds: 5, Done: true},
		},
		{
			name: "progress_deadline_of_the_deployment_ends_it",
			tell: func(s story) {
				d := deployment(1, 0)
				d.Object["status"].(map[string]any)["conditions"] = []any{map[string]any{"type": "Progressing", "status": "False",
					"reason": "ProgressDeadlineExceeded"}}
				time.Sleep(time.Second)
				s.send(follow.Change{Object: d})
			},
			want: end{Seconds: 3, Findings: []string{"error deadline apps/v1 Deployment shop/cart"}},
		},
		{
			name: "a_deployment_that_is_deleted_ends_it",
			tell: func(s story) { s.send(follow.Change{Object: deployment(1, 0), Gone: true}) },
			want: end{Seconds: 2, Findings: []string{"error deadline apps/v1 Deployment shop/cart"}},
		},
		{
			name: "a_stale_look_at_the_deployment_proves_nothing",
			tell: func(s story) {
				s.send(follow.Change{Object: deployment(0, 2)})
				s.pod("a", up("c", 0))
				s.pod("b", up("c", 0))
			},
			want: end{Seconds: 600, Findings: []string{"error deadline apps/v1 Deployment shop/cart"}},
		},
		{
			name: "a_missing_permission_ends_it",
			tell: func(s story) {
				s.failing(apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("no")))
			},
			want: end{Err: `watching pods in namespace "shop": not allowed; grant the deployer the verbs list and watch on pods: pods is forbidden: no`},
		},
		{
			name: "a_cluster_out_of_reach_ends_it_after_fifteen_seconds",
			tell: func(s story) {
				for range 8 {
					s.failing(errors.New("connection refused"))
					time.Sleep(2 * time.Second)
				}
			},
			want: end{Seconds: 15, Err: `watching pods in namespace "shop": no answer from the cluster for 15s: connection refused`},
		},
		{
			name: "a_cluster_that_comes_back_in_time_is_fine",
			tell: func(s story) {
				s.failing(errors.New("connection refused"))
				time.Sleep(10 * time.Second)
				s.failing(nil)
				s.pod("a", up("c", 0))
				s.pod("b", up("c", 0))
				s.deployment(2)
			},
			want: end{Seconds: 15, Done: true},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if diff := cmp.Diff(test.want, play(t, test.tell)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestWatch_is_interrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		l := &loop{tracker: newTracker([]*unstructured.Unstructured{deployment(1, 0)}, options(t)), opts: options(t)}
		result, err := l.run(ctx, make(chan follow.Change))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got error %v, want the context's own", err)
		}
		want := []Object{{ID: "apps/v1 Deployment shop/cart", Judged: true, Message: "not seen yet", Wanted: 2}}
		if diff := cmp.Diff(want, result.Objects); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestWatch_says_how_many_pods_fail_alike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events []progress.Event
		opts := options(t)
		opts.Progress = func(e progress.Event) { events = append(events, e) }
		l := &loop{tracker: newTracker([]*unstructured.Unstructured{deployment(1, 0)}, opts), opts: opts}
		changes := make(chan follow.Change)
		go func() {
			s := story{func(c follow.Change) { changes <- c }}
			s.begin()
			s.pod("broken-1", down("c", 0, 0))
			s.pod("broken-2", down("c", 0, 0))
		}()
		result, err := l.run(t.Context(), changes)
		if err != nil {
			t.Fatal(err)
		}
		want := []finding.Finding{{
			Code: finding.ExecFormatError, Severity: finding.Error, Object: "apps/v1 Deployment shop/cart",
			Message: "Pod shop/broken-1: broken.\n2 pods of Deployment shop/cart are in this state.",
		}}
		if diff := cmp.Diff(want, result.Findings); diff != "" {
			t.Errorf("findings (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(progress.Event(progress.Found{Finding: want[0]}), events[len(events)-1]); diff != "" {
			t.Errorf("last event (-want +got):\n%s", diff)
		}
		wantPods := []Pod{
			{Namespace: "shop", Name: "broken-1", Workload: "apps/v1 Deployment shop/cart", Node: "n", Architecture: "arm64",
				Reason: "exec-format-error"},
			{Namespace: "shop", Name: "broken-2", Workload: "apps/v1 Deployment shop/cart", Node: "n", Architecture: "arm64",
				Reason: "exec-format-error"},
		}
		if diff := cmp.Diff(wantPods, result.Pods); diff != "" {
			t.Errorf("pods (-want +got):\n%s", diff)
		}
	})
}

// play runs a story against the loop and says how it ended.
func play(t *testing.T, tell func(story)) end {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	start, changes, told := time.Now(), make(chan follow.Change), make(chan struct{})
	go func() {
		defer close(told)
		// A story may be longer than its watch.
		s := story{func(c follow.Change) {
			select {
			case changes <- c:
			case <-ctx.Done():
			}
		}}
		s.begin()
		tell(s)
	}()
	defer func() { stop(); <-told }()
	l := &loop{tracker: newTracker([]*unstructured.Unstructured{deployment(1, 0)}, options(t)), opts: options(t)}
	result, err := l.run(ctx, changes)
	e := end{Seconds: time.Since(start).Seconds(), Done: result.Objects[0].Done && err == nil}
	for _, f := range result.Findings {
		e.Findings = append(e.Findings, fmt.Sprintf("%s %s %s", f.Severity, f.Code, f.Object))
	}
	if err != nil {
		e.Err = err.Error()
	}
	return e
}

// begin reports the two ReplicaSets, the present one and the one before.
func (s story) begin() {
	for i := range 2 {
		s.send(follow.Change{Object: replicaSet(fmt.Sprintf("rs-%d", i), fmt.Sprint(i))})
	}
	s.deployment(0)
}

// options judge pods by their names.
func options(t *testing.T) Options {
	t.Helper()
	opts := DefaultOptions()
	opts.Architecture = func(string) string { return "arm64" }
	opts.Diagnose = func(_ context.Context, pod *corev1.Pod, _ []corev1.Event) finding.Diagnosis {
		f := &finding.Finding{Severity: finding.Error, Object: "v1 Pod shop/" + pod.Name, Message: "Pod shop/" + pod.Name +
			": broken."}
		switch pod.Name[:min(6, len(pod.Name))] {
		case "broken":
			f.Code = finding.ExecFormatError
			return finding.Diagnosis{Finding: f, Permanent: true}
		case "troubl":
			f.Code = finding.CrashLoop
			return finding.Diagnosis{Finding: f}
		}
		return finding.Diagnosis{}
	}
	return opts
}
