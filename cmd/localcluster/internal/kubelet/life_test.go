package kubelet

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/podstatus"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/machine"
)

// TestPod_life covers what no observed case has: good endings, probes, deletion, credentials and log options.
func TestPod_life(t *testing.T) {
	client := startCluster(t, testNode("n1", "amd64", "containerd://2.3.7"))
	address := serveRegistry(t)
	push(t, address+"/app:1", build(t, "amd64", with(busybox("amd64"), "app", program("amd64")), "/app"))
	t.Run("all", func(t *testing.T) {
		for name, check := range map[string]func(*testing.T, kubernetes.Interface, string){
			"a_job_completes":                           jobCompletes,
			"a_job_with_a_sidecar_completes":            jobWithSidecarCompletes,
			"a_runtime_that_is_not_there_is_told":       runtimeMissing,
			"a_probed_pod_is_ready_after_its_delay":     probedPodWaits,
			"a_deleted_pod_ends_well_and_goes":          deletedPodGoes,
			"an_ignored_sigterm_costs_the_grace_period": ignoredTermCostsGrace,
			"a_registry_that_is_down_is_told":           registryDown,
			"a_pull_secret_opens_a_registry":            pullSecret,
			"log_options_are_heeded":                    logOptions,
			"an_init_container_ends_and_is_done":        initDone,
			"absent_references_are_told_and_awaited":    absentReferences,
			"an_image_volume_is_pulled_not_started":     imageVolumePulled,
			"an_image_volume_needs_an_entry":            imageVolumeMissing,
			"what_crashes_answers_no_probe":             crashedAnswersNothing,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				check(t, client, address)
			})
		}
	})
}

func onePod(name, image string, command ...string) *corev1.Pod {
	grace := int64(30)
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"},
		Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: &grace,
			Containers:                    []corev1.Container{{Name: "c", Image: image, Command: command}},
		},
	}
}

// await follows a pod until it is as wanted.
func await(t *testing.T, client kubernetes.Interface, name, what string, wanted func(*corev1.Pod) bool) *corev1.Pod {
	t.Helper()
	var pod *corev1.Pod
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		var err error
		if pod, err = client.CoreV1().Pods("default").Get(t.Context(), name, metav1.GetOptions{}); err != nil {
			t.Fatal(err)
		}
		if wanted(pod) {
			return pod
		}
	}
	t.Fatalf("pod %s did not become %s: %s", name, what, brief(pod))
	return nil
}

func ready(pod *corev1.Pod) bool {
	return len(pod.Status.ContainerStatuses) > 0 && pod.Status.ContainerStatuses[0].Ready
}

func jobCompletes(t *testing.T, client kubernetes.Interface, address string) {
	completes(t, client, "good", corev1.PodSpec{
		RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{Name: "c", Image: address + "/app:1"}},
	})
}

// The kubelet ends the sidecars of a pod whose own containers have ended.
func jobWithSidecarCompletes(t *testing.T, client kubernetes.Interface, address string) {
	completes(t, client, "with-sidecar", corev1.PodSpec{
		RestartPolicy: corev1.RestartPolicyNever,
		InitContainers: []corev1.Container{{
			Name: "proxy", Image: address + "/app:1", Command: []string{"sleep", "3600"},
			RestartPolicy: ptr(corev1.ContainerRestartPolicyAlways),
		}},
		Containers: []corev1.Container{{Name: "c", Image: address + "/app:1"}},
	})
}

func completes(t *testing.T, client kubernetes.Interface, name string, spec corev1.PodSpec) {
	t.Helper()
	jobs := client.BatchV1().Jobs("default")
	_, err := jobs.Create(t.Context(), &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: spec}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		job, err := jobs.Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range job.Status.Conditions {
			if c.Type == batchv1.JobComplete && c.Status == corev1.ConditionTrue {
				return
			}
		}
	}
	t.Error("the Job did not complete")
}

func runtimeMissing(t *testing.T, client kubernetes.Interface, address string) {
	class := &nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: "kata"}, Handler: "kata"}
	if _, err := client.NodeV1().RuntimeClasses().Create(t.Context(), class, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	pod := onePod("kata", address+"/app:1")
	pod.Spec.RuntimeClassName = &class.Name
	createPod(t, client, pod)
	const want = `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "kata" is configured`
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		events, err := client.CoreV1().Events("default").List(t.Context(),
			metav1.ListOptions{FieldSelector: "involvedObject.name=kata,reason=FailedCreatePodSandBox"})
		if err != nil {
			t.Fatal(err)
		}
		if len(events.Items) > 0 {
			if diff := cmp.Diff(want, events.Items[0].Message); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			return
		}
	}
	t.Error("no event says so")
}

func probedPodWaits(t *testing.T, client kubernetes.Interface, address string) {
	pod := onePod("probed", address+"/app:1")
	pod.Spec.Containers[0].ReadinessProbe = &corev1.Probe{
		InitialDelaySeconds: 4,
		ProbeHandler:        corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Port: intstr.FromInt32(8080)}},
	}
	createPod(t, client, pod)
	await(t, client, pod.Name, "running", func(p *corev1.Pod) bool {
		return p.Status.Phase == corev1.PodRunning &&
			!ready(p)
	})
	begun := time.Now()
	await(t, client, pod.Name, "ready", ready)
	if waited := time.Since(begun); waited < 2*time.Second {
		t.Errorf("ready %s after it ran, want its initial delay of 4s", waited)
	}
}

// imageVolumePulled: a single manifest for another CPU is as good as any, since nothing in it is started.
func imageVolumePulled(t *testing.T, client kubernetes.Interface, address string) {
	push(t, address+"/data:1", build(t, "arm64", imageFiles{"data": "x"}))
	createPod(t, client, mounting("with-data", address, "/data:1"))
	await(t, client, "with-data", "ready", ready)
}

func imageVolumeMissing(t *testing.T, client kubernetes.Interface, address string) {
	push(t, address+"/arm-data:1", index(t, map[string]v1.Image{"arm64": build(t, "arm64", imageFiles{"data": "x"})}))
	createPod(t, client, mounting("without-data", address, "/arm-data:1"))
	pod := await(t, client, "without-data", "refused its image", func(p *corev1.Pod) bool {
		return len(p.Status.ContainerStatuses) > 0 && p.Status.ContainerStatuses[0].State.Waiting != nil &&
			p.Status.ContainerStatuses[0].State.Waiting.Reason == podstatus.ReasonPull
	})
	if got := pod.Status.ContainerStatuses[0].State.Waiting.Message; !strings.Contains(got, "no match for platform") {
		t.Errorf("its container waits since %q", got)
	}
}

// mounting is a pod whose container is fine, and has a volume of an image.
func mounting(name, address, image string) *corev1.Pod {
	pod := onePod(name, address+"/app:1")
	pod.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{
		Image: &corev1.ImageVolumeSource{Reference: address + image}}}}
	pod.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
	return pod
}

func crashedAnswersNothing(t *testing.T, client kubernetes.Interface, address string) {
	push(t, address+"/arm:1", build(t, "arm64", with(busybox("arm64"), "app", program("arm64")), "/app"))
	pod := onePod("silent", address+"/arm:1")
	pod.Spec.Containers[0].ReadinessProbe = &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Port: intstr.FromInt32(8080)}},
	}
	createPod(t, client, pod)
	watcher, err := client.CoreV1().Pods("default").Watch(t.Context(),
		metav1.ListOptions{FieldSelector: "metadata.name=silent"})
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		p, _ := event.Object.(*corev1.Pod)
		if p == nil || ready(p) {
			t.Fatalf("it became ready: %+v", event)
		}
		if len(p.Status.ContainerStatuses) > 0 && p.Status.ContainerStatuses[0].RestartCount > 0 {
			return
		}
	}
}

func deletedPodGoes(t *testing.T, client kubernetes.Interface, address string) {
	createPod(t, client, onePod("deleted", address+"/app:1"))
	pod := await(t, client, "deleted", "ready", ready)
	last, took := deleteAndWatch(t, client, pod)
	state := last.Status.ContainerStatuses[0].State.Terminated
	if state == nil || state.ExitCode != 0 || last.Status.Phase != corev1.PodSucceeded {
		t.Errorf("its last status was %s, want Succeeded, terminated with 0", brief(last))
	}
	if took > 25*time.Second {
		t.Errorf("gone after %s, want a few seconds of its 30", took)
	}
}

func ignoredTermCostsGrace(t *testing.T, client kubernetes.Interface, address string) {
	pod := onePod("stubborn", address+"/app:1", "/bin/sh", "-c", "sleep 600")
	*pod.Spec.TerminationGracePeriodSeconds = 4
	createPod(t, client, pod)
	last, took := deleteAndWatch(t, client, await(t, client, pod.Name, "ready", ready))
	state := last.Status.ContainerStatuses[0].State.Terminated
	if state == nil || state.ExitCode != machine.Killed {
		t.Errorf("its last status was %s, want terminated with %d", brief(last), machine.Killed)
	}
	if took < 4*time.Second {
		t.Errorf("gone after %s, want its grace period of 4s", took)
	}
}

// deleteAndWatch returns the last that the API showed of a pod, and how long it took to go.
func deleteAndWatch(t *testing.T, client kubernetes.Interface, pod *corev1.Pod) (last *corev1.Pod, took time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	pods := client.CoreV1().Pods(pod.Namespace)
	events, err := pods.Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + pod.Name})
	if err != nil {
		t.Fatal(err)
	}
	defer events.Stop()
	begun := time.Now()
	if err := pods.Delete(ctx, pod.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	for event := range events.ResultChan() {
		last = event.Object.(*corev1.Pod)
		if event.Type == "DELETED" {
			return last, time.Since(begun)
		}
	}
	t.Fatalf("pod %s was not deleted", pod.Name)
	return nil, 0
}

func registryDown(t *testing.T, client kubernetes.Interface, _ string) {
	createPod(t, client, onePod("down", "127.0.0.1:1/app:1"))
	pod := await(t, client, "down", "told why", func(p *corev1.Pod) bool {
		return len(p.Status.ContainerStatuses) > 0 &&
			p.Status.ContainerStatuses[0].State.Waiting.Reason == podstatus.ReasonPull
	})
	message := pod.Status.ContainerStatuses[0].State.Waiting.Message
	if !strings.Contains(message, `failed to pull and unpack image "127.0.0.1:1/app:1": failed to resolve image: failed to do request:`) ||
		!strings.Contains(message, "connection refused") {
		t.Errorf("message %q, want containerd's words for a registry that refuses connections", message)
	}
}

func pullSecret(t *testing.T, client kubernetes.Interface, _ string) {
	open := registry.New()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ann" || password != "pw" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		open.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	address := strings.TrimPrefix(server.URL, "http://")
	ref, err := name.ParseReference(address + "/app:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, build(t, "amd64", imageFiles{"app": program("amd64")}, "/app"),
		remote.WithAuth(&authn.Basic{Username: "ann", Password: "pw"})); err != nil {
		t.Fatal(err)
	}
	_, err = client.CoreV1().Secrets("default").Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "pull"}, Type: corev1.SecretTypeDockerConfigJson,
		StringData: map[string]string{corev1.DockerConfigJsonKey: `{"auths":{"` + address +
			`":{"username":"ann","password":"pw"}}}`},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	without, having := onePod("nosecret", ref.Name()), onePod("secret", ref.Name())
	having.Spec.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "pull"}}
	createPod(t, client, without)
	await(t, client, without.Name, "refused", func(p *corev1.Pod) bool {
		return len(p.Status.ContainerStatuses) > 0 &&
			strings.Contains(p.Status.ContainerStatuses[0].State.Waiting.Message, "pull access denied")
	})
	createPod(t, client, having)
	await(t, client, having.Name, "ready", ready)
}

func logOptions(t *testing.T, client kubernetes.Interface, address string) {
	createPod(t, client, onePod("logs", address+"/app:1", "/bin/sh", "-c",
		"echo one; echo two; sleep 6; echo three; sleep 600"))
	await(t, client, "logs", "ready", ready)
	logs := client.CoreV1().Pods("default")
	for _, test := range []struct {
		name    string
		options corev1.PodLogOptions
		want    []string
	}{
		{"follow", corev1.PodLogOptions{Follow: true}, []string{"one", "two", "three"}}, // three comes later
		{"tail", corev1.PodLogOptions{TailLines: ptr(int64(2))}, []string{"two", "three"}},
		{"limit", corev1.PodLogOptions{LimitBytes: ptr(int64(4))}, []string{"one"}},
	} {
		stream, err := logs.GetLogs("logs", &test.options).Stream(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		var got []string
		for lines := bufio.NewScanner(stream); len(got) < len(test.want) && lines.Scan(); {
			got = append(got, lines.Text())
		}
		_ = stream.Close()
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
	stamped, err := logs.GetLogs("logs", &corev1.PodLogOptions{Timestamps: true,
		LimitBytes: ptr(int64(60))}).DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stamp, _, _ := strings.Cut(string(stamped), " ")
	if _, err := time.Parse(time.RFC3339Nano, stamp); err != nil {
		t.Errorf("timestamps: %q: %v", stamped, err)
	}
	other := &corev1.PodLogOptions{Container: "other"}
	if _, err := logs.GetLogs("logs", other).DoRaw(t.Context()); !apierrors.IsBadRequest(err) {
		t.Errorf("a container that is not there: got %v, want a bad request", err)
	}
}

func initDone(t *testing.T, client kubernetes.Interface, address string) {
	pod := onePod("prepared", address+"/app:1")
	pod.Spec.InitContainers = []corev1.Container{{Name: "one", Image: address + "/app:1"},
		{Name: "two", Image: address + "/app:1"}}
	createPod(t, client, pod)
	pod = await(t, client, pod.Name, "ready", ready)
	for _, s := range pod.Status.InitContainerStatuses {
		if s.RestartCount != 0 || s.State.Terminated == nil || s.State.Terminated.ExitCode != 0 {
			t.Errorf("init container %s: %+v, want one run that ended with 0", s.Name, s)
		}
	}
}

func absentReferences(t *testing.T, client kubernetes.Interface, address string) {
	pod := onePod("referring", address+"/app:1")
	pod.Spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: fromConfigMap("late")}}
	pod.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "v", MountPath: "/v"}}
	pod.Spec.Containers[0].EnvFrom = []corev1.EnvFromSource{
		{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "late"}}},
	}
	createPod(t, client, pod)
	waits := func(reason, message string) func(*corev1.Pod) bool {
		return func(p *corev1.Pod) bool {
			return len(p.Status.ContainerStatuses) > 0 && p.Status.ContainerStatuses[0].State.Waiting != nil &&
				cmp.Equal(*p.Status.ContainerStatuses[0].State.Waiting,
					corev1.ContainerStateWaiting{Reason: reason, Message: message})
		}
	}
	await(t, client, pod.Name, "waiting for its volume", waits("ContainerCreating", ""))
	meta := metav1.ObjectMeta{Name: "late"}
	if _, err := client.CoreV1().ConfigMaps("default").Create(t.Context(), &corev1.ConfigMap{ObjectMeta: meta},
		metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	await(t, client, pod.Name, "waiting for its environment", waits(podstatus.ReasonConfig, `secret "late" not found`))
	if _, err := client.CoreV1().Secrets("default").Create(t.Context(), &corev1.Secret{ObjectMeta: meta},
		metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	await(t, client, pod.Name, "ready", ready)
}

func ptr[T any](v T) *T { return &v }
