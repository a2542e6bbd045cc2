package diagnose

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

func TestPod(t *testing.T) {
	const backOff = `Back-off pulling image "r/app:1"`
	tests := []struct {
		name      string
		state     corev1.ContainerState
		last      *corev1.ContainerStateTerminated
		log       string
		events    []corev1.Event
		want      finding.Code
		permanent bool
	}{
		{name: "acr_wants_a_role", state: waiting("ErrImagePull",
			`failed to pull and unpack image "r/app:1": failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://r/oauth2/token: 401 Unauthorized`), want: finding.ImageUnauthorized, permanent: true},
		{name: "artifact_registry_wants_a_role",
			state: waiting("ErrImagePull", `failed to resolve reference "r/app:1": unexpected status from HEAD request to https://r/v2/app/manifests/1: 403 Forbidden`), want: finding.ImageUnauthorized, permanent: true},
		{name: "docker_hub_hides_what_is_private",
			state: waiting("ErrImagePull", `pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`), want: finding.ImageUnauthorized, permanent: true},
		{name: "a_repository_named_denied_proves_nothing",
			state: waiting("ErrImagePull", `failed to pull "r/denied:1": dial tcp 10.0.0.1:443: connect: connection refused`),
			want:  finding.ImagePull},
		{name: "registry_times_out", state: waiting("ErrImagePull",
			`failed to do request: Head "https://r/v2/app/manifests/1": dial tcp 10.0.0.1:443: i/o timeout`),
			want: finding.ImagePull},
		{name: "registry_name_does_not_resolve",
			state: waiting("ErrImagePull", `dial tcp: lookup r on 10.0.0.10:53: no such host`), want: finding.ImagePull},
		{name: "old_kubelet_tells_the_cause_in_the_event_only", state: waiting("ImagePullBackOff", backOff),
			events: []corev1.Event{event("Failed", "Error: ErrImagePull"),
				event("Failed", `Failed to pull image "r/app:1": no match for platform in manifest: not found`)},
			want: finding.PlatformMissing, permanent: true},
		{name: "old_kubelet_without_event", state: waiting("ImagePullBackOff", backOff), want: finding.ImagePull},
		{name: "docker_words_for_a_missing_platform", state: waiting("ErrImagePull", "no matching manifest for "+
			"linux/arm64/v8 in the manifest list entries"), want: finding.PlatformMissing, permanent: true},
		{name: "image_name_is_no_reference", state: waiting("InvalidImageName", `couldn't parse image name`),
			want: finding.ImagePull, permanent: true},
		{name: "image_may_not_be_pulled", state: waiting("ErrImageNeverPull", ""), want: finding.ImagePull, permanent: true},
		{name: "secret_is_missing", state: waiting("CreateContainerConfigError", `secret "db" not found`),
			want: finding.MissingReference},
		{name: "key_is_missing", state: waiting("CreateContainerConfigError", `couldn't find key url in Secret shop/db`),
			want: finding.MissingReference},
		{name: "image_runs_as_root", state: waiting("CreateContainerConfigError",
			"container has runAsNonRoot and image will run as root"), want: finding.CrashLoop, permanent: true},
		{name: "mount_fails", state: waiting("RunContainerError", "failed to create shim task: mount failed"),
			want: finding.CrashLoop},
		{name: "command_is_missing", state: waiting("RunContainerError",
			`exec: "serve": executable file not found in $PATH: unknown`), want: finding.CrashLoop, permanent: true},
		{name: "no_command_at_all", state: waiting("CreateContainerError",
			"failed to generate container \"4f2a\" spec: failed to generate spec: no command specified"),
			want: finding.CrashLoop, permanent: true},
		{name: "post_start_hook_fails", state: waiting("PostStartHookError", "Exec lifecycle hook failed"),
			want: finding.Unhealthy},
		{name: "program_exits_with_a_complaint", state: terminated(1, "Error"), log: "no database", want: finding.CrashLoop},
		{name: "back_off_is_short_yet", state: waiting("CrashLoopBackOff",
			"back-off 1m20s restarting failed container=c pod=p"), last: exit(1), log: "no database", want: finding.CrashLoop},
		{name: "back_off_is_hopeless", state: waiting("CrashLoopBackOff",
			"back-off 2m40s restarting failed container=c pod=p"), last: exit(1), log: "no database", want: finding.CrashLoop,
			permanent: true},
		{name: "program_ends_at_once_without_complaint",
			state: waiting("CrashLoopBackOff", "back-off 10s restarting failed container=c pod=p"), last: exit(0),
			want: finding.CrashLoop},
		{name: "killed_for_memory", state: terminated(137, "OOMKilled"), want: finding.CrashLoop},
		{name: "go_program_starts_a_foreign_child", state: terminated(1, "Error"),
			log: "start: fork/exec /app/tool: exec format error\n", want: finding.ExecFormatError, permanent: true},
		{name: "old_runc_names_no_program", state: terminated(1, "Error"),
			log: `standard_init_linux.go:228: exec user process caused: exec format error`, want: finding.ExecFormatError,
			permanent: true},
		{name: "runtime_has_no_log", state: terminated(3, "Error"),
			log: "unable to retrieve container logs for containerd://1", want: finding.CrashLoop},
		{name: "program_only_talks_of_exec_format", state: terminated(0, "Completed"), log: "skipped x: exec format error",
			want: finding.CrashLoop},
		{name: "script_has_a_syntax_error_further_down", state: terminated(2, "Error"),
			log: `/entry.sh: line 14: syntax error: unexpected "fi"`, want: finding.CrashLoop},
		{name: "liveness_probe_fails", state: waiting("CrashLoopBackOff", "back-off 10s restarting failed container=c pod=p"),
			last: exit(137), events: []corev1.Event{event("Unhealthy",
				"Liveness probe failed: HTTP probe failed with statuscode: 500")}, want: finding.Unhealthy},
		{name: "readiness_probe_fails", state: running(),
			events: []corev1.Event{event("Unhealthy", "Readiness probe failed: connection refused")}, want: finding.Unhealthy},
		{name: "starts", state: running()},
		{name: "is_created", state: waiting("ContainerCreating", "")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			pod := placed(corev1.ContainerStatus{Name: "c", State: test.state,
				LastTerminationState: corev1.ContainerState{Terminated: test.last}})
			got := Pod(t.Context(), pod, Evidence{Log: says(test.log), Events: test.events})
			want := outcome{test.want, "c", test.permanent}
			if test.want == "" {
				want = outcome{}
			}
			if diff := cmp.Diff(want, reduce(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPod_names_the_limit_that_killed(t *testing.T) {
	pod := placed(corev1.ContainerStatus{Name: "c", RestartCount: 2, State: terminated(137, "OOMKilled")})
	pod.Spec.Containers[0].Resources.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("512Mi")}
	const want = "Pod shop/cart on n (arm64): killed for using more memory than its limit of 512Mi, restarted 2 times."
	got := Pod(t.Context(), pod, Evidence{Nodes: []corev1.Node{nodeOf("n", "arm64")}})
	if diff := cmp.Diff(want, got.Finding.Message); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPod_quotes_the_end_of_a_log_as_plain_text(t *testing.T) {
	log := "1\n2\n3\n\x1b[31m4\x00\n5\r\n::error::6\n" + "seven\u202e\n"
	const want = "Pod shop/cart on n: exited with status 1. Its last lines:\n    3\n    [31m4\n    5\n    ::error::6\n  " +
		"  seven"
	got := Pod(t.Context(), placed(corev1.ContainerStatus{Name: "c", State: terminated(1, "Error")}),
		Evidence{Log: says(log)})
	if diff := cmp.Diff(want, got.Finding.Message); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPod_keeps_long_logs_short(t *testing.T) {
	log := strings.Repeat("ä", 100_000)
	got := Pod(t.Context(), placed(corev1.ContainerStatus{Name: "c", State: terminated(1, "Error")}),
		Evidence{Log: says(log)})
	if n := len(got.Finding.Message); n > 1200 {
		t.Errorf("the message has %d bytes, want 1200 at most", n)
	}
}

func TestPod_gives_a_patch_for_every_image(t *testing.T) {
	const rule = `
    affinity:
      nodeAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          nodeSelectorTerms:
          - matchExpressions: `
	tests := []struct {
		name  string
		image []v1.Platform
		want  string
	}{
		{
			name: "one_platform", image: []v1.Platform{{OS: "linux", Architecture: "amd64"}},
			want: "Build it for linux/arm64, or keep it on amd64 nodes:\n    nodeSelector: {kubernetes.io/arch: amd64}",
		},
		{
			name: "several_platforms", image: []v1.Platform{{OS: "linux", Architecture: "amd64"},
				{OS: "linux", Architecture: "s390x"}},
			want: "Build it for linux/arm64, or keep it on amd64 and s390x nodes:" + rule +
				"[{key: kubernetes.io/arch, operator: In, values: [amd64, s390x]}]",
		},
		{name: "unknown", want: "Build it for linux/arm64, or keep it off arm64 nodes:" + rule +
			"[{key: kubernetes.io/arch, operator: NotIn, values: [arm64]}]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Pod(t.Context(), placed(corev1.ContainerStatus{Name: "c", State: terminated(1, "Error")}), Evidence{
				Log:   says("exec /app: exec format error"),
				Image: func(string) (platform.Offer, bool) { return platform.Offer{Platforms: test.image}, test.image != nil },
				Nodes: []corev1.Node{nodeOf("n", "arm64")},
			})
			if diff := cmp.Diff(test.want, got.Finding.Fix); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func placed(status corev1.ContainerStatus) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "cart"},
		Spec: corev1.PodSpec{
			NodeName:      "n",
			RestartPolicy: corev1.RestartPolicyAlways,
			Containers:    []corev1.Container{{Name: "c", Image: "r/app:1"}},
		},
		Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{status}},
	}
}

func says(log string) func(context.Context, *corev1.Pod, string, bool) (string, error) {
	return func(_ context.Context, _ *corev1.Pod, _ string, previous bool) (string, error) {
		if previous {
			return "", fmt.Errorf("previous terminated container not found")
		}
		return log, nil
	}
}

func event(reason, message string) corev1.Event {
	return corev1.Event{Reason: reason, Message: message,
		InvolvedObject: corev1.ObjectReference{FieldPath: "spec.containers{c}"}}
}

func waiting(reason, message string) corev1.ContainerState {
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
}

func terminated(code int32, reason string) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason}}
}

func exit(code int32) *corev1.ContainerStateTerminated { return terminated(code, "Error").Terminated }

func running() corev1.ContainerState {
	return corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
}
