package podstatus

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
)

// TestInitsToStart goes through the order of init containers: ordinary ones one after another, each until it ended
// well, sidecars kept running.
func TestInitsToStart(t *testing.T) {
	type result struct {
		Todo        []string
		Initialized bool
	}
	const always, onFailure, never = corev1.RestartPolicyAlways, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever
	first, second, sidecar := corev1.Container{Name: "first"}, corev1.Container{Name: "second"},
		corev1.Container{Name: "sidecar"}
	sidecar.RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
	for _, test := range []struct {
		name    string
		policy  corev1.RestartPolicy
		inits   []corev1.Container
		runtime []*kubecontainer.Status
		want    result
	}{
		{"none_are_needed", always, nil, nil, result{nil, true}},
		{"the_first_starts", always, []corev1.Container{first, second}, nil, result{[]string{"first"}, false}},
		{"a_running_one_is_waited_for", always, []corev1.Container{first, second}, statuses(running("first")),
			result{nil, false}},
		{"a_good_end_starts_the_next", always, []corev1.Container{first, second}, statuses(exited("first", 0)),
			result{[]string{"second"}, false}},
		{"a_good_end_of_the_last_is_the_end", always, []corev1.Container{first, second},
			statuses(exited("second", 0), exited("first", 0)), result{nil, true}},
		{"a_good_end_on_failure", onFailure, []corev1.Container{first}, statuses(exited("first", 0)), result{nil, true}},
		{"a_good_end_never_restarted", never, []corev1.Container{first}, statuses(exited("first", 0)), result{nil, true}},
		{"a_bad_end_is_tried_again", always, []corev1.Container{first, second}, statuses(exited("first", 1)),
			result{[]string{"first"}, false}},
		{"a_bad_end_on_failure_is_tried_again", onFailure, []corev1.Container{first}, statuses(exited("first", 1)),
			result{[]string{"first"}, false}},
		{"a_bad_end_never_restarted_holds_the_pod_up", never, []corev1.Container{first}, statuses(exited("first", 1)),
			result{nil, false}},
		{"a_created_one_is_tried_again", never, []corev1.Container{first},
			statuses(&kubecontainer.Status{Name: "first", State: kubecontainer.ContainerStateCreated}),
			result{[]string{"first"}, false}},
		{"an_initialized_pod_repeats_none", always, []corev1.Container{first}, statuses(running("c"), exited("first", 1)),
			result{nil, true}},
		{"a_started_sidecar_lets_the_next_start", always, []corev1.Container{sidecar, first}, statuses(running("sidecar")),
			result{[]string{"first"}, false}},
		{"a_sidecar_that_ended_well_starts_again", always, []corev1.Container{sidecar, first},
			statuses(exited("first", 0), exited("sidecar", 0)), result{[]string{"sidecar"}, true}},
		{"a_dead_sidecar_of_an_initialized_pod_starts_again", never, []corev1.Container{sidecar, first},
			statuses(running("c"), exited("sidecar", 1)), result{[]string{"sidecar"}, true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			pod := &corev1.Pod{Spec: corev1.PodSpec{RestartPolicy: test.policy, InitContainers: test.inits,
				Containers: []corev1.Container{{Name: "c"}}}}
			runtime := &kubecontainer.PodStatus{ContainerStatuses: test.runtime, ActiveContainerStatuses: test.runtime}
			todo, initialized := InitsToStart(pod, runtime, func(_ *corev1.Container, s *kubecontainer.Status) bool {
				return s.State == kubecontainer.ContainerStateRunning
			})
			got := result{Initialized: initialized}
			for _, c := range todo {
				got.Todo = append(got.Todo, c.Name)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func statuses(s ...*kubecontainer.Status) []*kubecontainer.Status { return s }

func running(name string) *kubecontainer.Status {
	return &kubecontainer.Status{Name: name, State: kubecontainer.ContainerStateRunning}
}

func exited(name string, code int) *kubecontainer.Status {
	return &kubecontainer.Status{Name: name, State: kubecontainer.ContainerStateExited, ExitCode: code}
}
