package diagnose

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// said is what a reader gets of a diagnosis, and what it waits for.
type said struct {
	Code         finding.Code
	Message, Fix string
	Grace        time.Duration
	Missing      string
}

func tell(d finding.Diagnosis) said {
	if d.Finding == nil {
		return said{}
	}
	s := said{Code: d.Finding.Code, Message: d.Finding.Message, Fix: d.Finding.Fix, Grace: d.Grace}
	if d.Missing.Name != "" {
		s.Missing = d.Missing.Kind + " " + d.Missing.Namespace + "/" + d.Missing.Name
	}
	return s
}

func TestPod_that_is_being_prepared(t *testing.T) {
	const at = "Pod shop/cart on n (arm64): "
	settings := &corev1.ConfigMapVolumeSource{Items: []corev1.KeyToPath{{Key: "app.yaml"}}}
	settings.Name = "settings"
	tests := []struct {
		name, reason, message string
		want                  said
	}{
		{
			"secret_of_a_volume", "FailedMount", `MountVolume.SetUp failed for volume "tls" : secret "shop-tls" not found`,
			said{finding.MissingReference, at + "volume tls names Secret shop-tls, which does not exist.",
				"Create Secret shop-tls in namespace shop, or correct the reference.", finding.MissingGrace,
				"Secret shop/shop-tls"},
		},
		{
			"key_of_a_volume", "FailedMount", `MountVolume.SetUp failed for volume "conf" : references non-existent config key: app.yaml`,
			said{finding.MissingReference, at + "volume conf names key app.yaml, which its ConfigMap does not have.",
				"Add the key, or correct the reference.", finding.MissingGrace, ""},
		},
		{
			"key_of_a_volume_that_is_known", "FailedMount",
			`MountVolume.SetUp failed for volume "keyed" : configmap references non-existent config key: app.yaml`,
			said{finding.MissingReference, at + "volume keyed names key app.yaml, which ConfigMap settings does not have.",
				"Add the key to ConfigMap settings in namespace shop, or correct the reference.", finding.MissingGrace, ""},
		},
		{
			"driver_of_a_volume", "FailedMount", `MountVolume.SetUp failed for volume "data" : kubernetes.io/csi: driver name x.csi.io not found in the list of registered CSI drivers`,
			said{finding.VolumeNotReady, at + `volume data cannot be mounted: MountVolume.SetUp failed for volume "data" : kubernetes.io/csi: driver name x.csi.io not found in the list of registered CSI drivers.`, "See the volume's source and the driver's messages: kubectl describe pod -n shop cart", 0, ""},
		},
		{
			"volume_on_another_node", "FailedAttachVolume",
			`Multi-Attach error for volume "pvc-1" Volume is already exclusively attached to one node`,
			said{finding.VolumeNotReady, at + `a volume cannot be attached to the node: Multi-Attach error for volume "pvc-1" Volume is already exclusively attached to one node.`, "See which pod or node holds the volume: kubectl get volumeattachments", 0, ""},
		},
		{
			"network", "FailedCreatePodSandBox", "failed to setup network for sandbox: no IP addresses available",
			said{finding.PodNotStarted, at + "the node cannot set the pod up: failed to setup network for sandbox: no IP " +
				"addresses available.", "Look at the node's network plugin and container runtime; the pod waits for them, not " +
				"for its image.", 0, ""},
		},
		{"nothing_wrong", "Pulled", "", said{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			pod := placed(corev1.ContainerStatus{Name: "c", State: waiting("ContainerCreating", "")})
			pod.Spec.Volumes = []corev1.Volume{{Name: "keyed", VolumeSource: corev1.VolumeSource{ConfigMap: settings}}}
			event := corev1.Event{Reason: test.reason, Message: test.message}
			got := Pod(t.Context(), pod, Evidence{Events: []corev1.Event{event}, Nodes: []corev1.Node{nodeOf("n", "arm64")}})
			if diff := cmp.Diff(test.want, tell(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPod_names_what_explains_the_rest(t *testing.T) {
	unready := corev1.ContainerStatus{Name: "web", State: running()}
	crashing := corev1.ContainerStatus{Name: "db", RestartCount: 1, State: waiting("CrashLoopBackOff", "back-off 10s"),
		LastTerminationState: terminated(1, "Error")}
	missing := corev1.ContainerStatus{Name: "proxy",
		State: waiting("CreateContainerConfigError", `secret "cert" not found`)}
	probe := corev1.Event{Reason: "Unhealthy", Message: "Readiness probe failed",
		InvolvedObject: corev1.ObjectReference{FieldPath: "spec.containers{web}"}}
	tests := []struct {
		name     string
		statuses []corev1.ContainerStatus
		want     string
	}{
		{"a_crash_before_a_probe", []corev1.ContainerStatus{unready, crashing}, "crash-loop db"},
		{"what_is_missing_before_a_crash", []corev1.ContainerStatus{unready, crashing, missing}, "missing-reference proxy"},
		{"a_probe_alone", []corev1.ContainerStatus{unready}, "unhealthy web"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			pod := placed(corev1.ContainerStatus{})
			pod.Spec.Containers, pod.Status.ContainerStatuses = nil, test.statuses
			for _, s := range test.statuses {
				pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: s.Name, Image: "r/app:1"})
			}
			got := Pod(t.Context(), pod, Evidence{Events: []corev1.Event{probe}}).Finding
			if diff := cmp.Diff(test.want, string(got.Code)+" "+got.Container); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPod_advises_a_previous_log_only_where_there_is_one(t *testing.T) {
	noLog := func(context.Context, *corev1.Pod, string, bool) (string, error) { return "", errors.New("forbidden") }
	first := placed(corev1.ContainerStatus{Name: "c", State: terminated(3, "Error")})
	again := placed(corev1.ContainerStatus{Name: "c", RestartCount: 1, State: waiting("CrashLoopBackOff", "back-off 10s"),
		LastTerminationState: terminated(3, "Error")})
	want := []string{
		"Read its log: kubectl logs -n shop cart -c c",
		"Read its log: kubectl logs -n shop cart -c c --previous",
	}
	got := []string{Pod(t.Context(), first, Evidence{Log: noLog}).Finding.Fix,
		Pod(t.Context(), again, Evidence{Log: noLog}).Finding.Fix}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPod_names_the_variable_and_the_volume_at_fault(t *testing.T) {
	pod := placed(corev1.ContainerStatus{Name: "c", State: waiting("CreateContainerConfigError", `secret "db" not found`)})
	from := &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: "db"}, Key: "url"}}
	pod.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "DATABASE_URL", ValueFrom: from}}
	want := "Pod shop/cart on n: variable DATABASE_URL of container c names Secret db, which does not exist."
	if diff := cmp.Diff(want, Pod(t.Context(), pod, Evidence{}).Finding.Message); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	pod = placed(corev1.ContainerStatus{Name: "c",
		State: waiting("ErrImagePull", `failed to pull image "r/model:1": r/model:1: not found`)})
	pod.Spec.Volumes = []corev1.Volume{{Name: "model",
		VolumeSource: corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: "r/model:1"}}}}
	want = "Pod shop/cart on n, image volume model: the registry has no image r/model:1."
	if diff := cmp.Diff(want, Pod(t.Context(), pod, Evidence{}).Finding.Message); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
