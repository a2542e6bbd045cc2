package kubelet

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// observedWithin is how long a pod has to show what a real one showed: three restarts, with back-offs of up to 15, 30
// and, where the real one waited for the fourth, 60 seconds, and the starts.
const observedWithin = 3 * time.Minute

// observed is one case as a real node showed it.
type observed struct {
	name   string
	pod    corev1.Pod
	events []eventLine
	logs   []logCall
}

// recordings are what real nodes showed; the tests of package diagnose read them too.
const recordings = "../../../../testdata/observed"

// TestPods_behave_as_on_real_nodes plays every observed case on a stand-in node of the same kind and compares the pod's
// status, its events and its logs, once it is as far as the real one was. All cases run at once; the waiting is real.
func TestPods_behave_as_on_real_nodes(t *testing.T) {
	client := startCluster(t,
		testNode("n-amd64", "amd64", "containerd://1.6.20"),
		testNode("n-arm64", "arm64", "containerd://1.6.20"),
		testNode("n-amd64b", "amd64", "containerd://2.3.7"))
	address := serveRegistry(t)
	words := wording{registry: address, armDigest: pushObserved(t, address)}
	t.Run("all", func(t *testing.T) { // waits for its parallel parts before the cluster ends
		for folder, namespace := range map[string]string{"containerd-1.6.20": "g2", "containerd-2.3.7-runc-1.4.3": "g2c"} {
			createNamespace(t, client, namespace)
			for _, want := range readObserved(t, filepath.Join(recordings, folder)) {
				t.Run(folder+"/"+want.name, func(t *testing.T) {
					t.Parallel()
					checkObserved(t, client, words, want)
				})
			}
		}
		t.Run("mixed-cluster", func(t *testing.T) {
			t.Parallel()
			checkMixed(t, client, words)
		})
	})
}

func createNamespace(t *testing.T, client kubernetes.Interface, name string) {
	t.Helper()
	_, err := client.CoreV1().Namespaces().Create(t.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

func readObserved(t *testing.T, folder string) (cases []observed) {
	t.Helper()
	dirs, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		if !dir.IsDir() {
			continue
		}
		c := observed{name: dir.Name()}
		readJSON(t, filepath.Join(folder, dir.Name(), "pod.json"), &c.pod)
		var events corev1.EventList
		readJSON(t, filepath.Join(folder, dir.Name(), "events.json"), &events)
		c.events = wording{}.events(events.Items)
		c.logs = readLogCalls(t, filepath.Join(folder, dir.Name(), "logs.txt"))
		cases = append(cases, c)
	}
	return cases
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(readFile(t, path)), into); err != nil {
		t.Fatalf("reading %s: %v", path, err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func checkObserved(t *testing.T, client kubernetes.Interface, words wording, want observed) {
	spec := words.spec(want.pod)
	name := want.pod.Name
	selector := metav1.ListOptions{FieldSelector: "metadata.name=" + name}
	if owner := metav1.GetControllerOf(&want.pod); owner != nil {
		// Each pod of the Job showed the same; a Job per observed pod keeps the cases apart.
		name = want.pod.Name + "-again"
		selector = metav1.ListOptions{LabelSelector: batchv1.JobNameLabel + "=" + name}
		createJob(t, client, want.pod.Namespace, name, spec)
	} else {
		createPod(t, client, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: want.pod.Namespace},
			Spec: spec})
	}
	pod := awaitStatus(t, client, words, want.pod, selector)
	words.pod, words.original = pod.Name, want.pod.Name
	for _, call := range want.logs {
		awaitLogs(t, client, words, pod, call)
	}
	awaitEvents(t, client, words, pod, want)
}

func createPod(t *testing.T, client kubernetes.Interface, pod *corev1.Pod) {
	t.Helper()
	// The namespace's service account comes a moment after the namespace.
	var err error
	for range 100 {
		if _, err = client.CoreV1().Pods(pod.Namespace).Create(t.Context(), pod, metav1.CreateOptions{}); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal(err)
}

func createJob(t *testing.T, client kubernetes.Interface, namespace, name string, spec corev1.PodSpec) {
	t.Helper()
	once := int32(1)
	_, err := client.BatchV1().Jobs(namespace).Create(t.Context(), &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       batchv1.JobSpec{BackoffLimit: &once, Template: corev1.PodTemplateSpec{Spec: spec}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// awaitStatus follows the pods until one of them shows the status of the real one.
func awaitStatus(t *testing.T, client kubernetes.Interface, words wording, want corev1.Pod,
	selector metav1.ListOptions) *corev1.Pod {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), observedWithin)
	defer cancel()
	wanted := wording{}.status(want)
	closest := ""
	var seen []string
	for ctx.Err() == nil { // an API server may end a watch at any time
		watch, err := client.CoreV1().Pods(want.Namespace).Watch(ctx, selector)
		if err != nil {
			break
		}
		for event := range watch.ResultChan() {
			pod, ok := event.Object.(*corev1.Pod)
			if !ok {
				continue
			}
			diff := cmp.Diff(wanted, words.status(*pod))
			if diff == "" {
				watch.Stop()
				return pod
			}
			seen = append(seen, brief(pod))
			if closest == "" || len(diff) < len(closest) {
				closest = diff
			}
		}
	}
	t.Fatalf("within %s no pod had the status of the real one; the closest (-real node +stand-in):\n%s\nseen:\n%s",
		observedWithin, closest, strings.Join(seen, "\n"))
	return nil
}

func brief(pod *corev1.Pod) string {
	text := string(pod.Status.Phase)
	for _, s := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		text += fmt.Sprintf(" | %s ready=%v restarts=%d %s", s.Name, s.Ready, s.RestartCount, s.State.String())
	}
	return text
}

// awaitLogs gives a container a moment to write.
func awaitLogs(t *testing.T, client kubernetes.Interface, words wording, pod *corev1.Pod, call logCall) {
	t.Helper()
	diff := ""
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if diff = cmp.Diff(call.output, words.logs(t, client, pod, call)); diff == "" {
			return
		}
	}
	t.Errorf("%s (-real node +stand-in):\n%s", call, diff)
}

func awaitEvents(t *testing.T, client kubernetes.Interface, words wording, pod *corev1.Pod, want observed) {
	t.Helper()
	diff := "none read"
	for deadline := time.Now().Add(observedWithin); time.Now().Before(deadline); time.Sleep(500 * time.Millisecond) {
		list, err := client.CoreV1().Events(pod.Namespace).List(t.Context(),
			metav1.ListOptions{FieldSelector: "involvedObject.uid=" + string(pod.UID)})
		if err != nil {
			t.Fatal(err)
		}
		if diff = cmp.Diff(want.events, words.events(list.Items)); diff == "" {
			return
		}
	}
	t.Errorf("events (-real node +stand-in):\n%s", diff)
}

// checkMixed applies the observed Deployment and DaemonSets to one amd64 and one arm64 node.
func checkMixed(t *testing.T, client kubernetes.Interface, words wording) {
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	readJSON(t, recordings+"/mixed-cluster/workloads.json", &list)
	for _, raw := range list.Items {
		createWorkload(t, client, words, raw)
	}
	for _, test := range readObserved(t, recordings+"/mixed-cluster") {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			owner := test.pod.Labels["a"]
			selector := metav1.ListOptions{LabelSelector: "a=" + owner, FieldSelector: "spec.nodeName=" + test.pod.Spec.NodeName}
			pod := awaitStatus(t, client, words, test.pod, selector)
			words := words // each pod has its own name
			words.pod, words.original = pod.Name, test.pod.Name
			log := readFile(t, filepath.Join(recordings, "mixed-cluster", test.name, "logs.txt"))
			awaitLogs(t, client, words, pod, logCall{container: "c", output: wording{}.lines(log)})
			awaitEvents(t, client, words, pod, test)
		})
	}
	t.Run("deployment_of_crashing_pods_reads_complete", func(t *testing.T) {
		t.Parallel()
		awaitComplete(t, client)
	})
}

func createWorkload(t *testing.T, client kubernetes.Interface, words wording, raw json.RawMessage) {
	t.Helper()
	var kind metav1.TypeMeta
	var err error
	if err = json.Unmarshal(raw, &kind); err != nil {
		t.Fatal(err)
	}
	switch kind.Kind {
	case "Deployment":
		var d appsv1.Deployment
		_ = json.Unmarshal(raw, &d)
		d.ObjectMeta = metav1.ObjectMeta{Name: d.Name, Labels: d.Labels} // the rest is the recorded cluster's
		words.template(&d.Spec.Template.Spec)
		_, err = client.AppsV1().Deployments("default").Create(t.Context(), &d, metav1.CreateOptions{})
	case "DaemonSet":
		var d appsv1.DaemonSet
		_ = json.Unmarshal(raw, &d)
		d.ObjectMeta = metav1.ObjectMeta{Name: d.Name, Labels: d.Labels} // the rest is the recorded cluster's
		words.template(&d.Spec.Template.Spec)
		_, err = client.AppsV1().DaemonSets("default").Create(t.Context(), &d, metav1.CreateOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// awaitComplete: on the real nodes the Deployment, half of whose pods crash for ever, was recorded as rolled out.
func awaitComplete(t *testing.T, client kubernetes.Interface) {
	reason := ""
	for deadline := time.Now().Add(observedWithin); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		d, err := client.AppsV1().Deployments("default").Get(t.Context(), "dep", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range d.Status.Conditions {
			if c.Type == appsv1.DeploymentProgressing {
				reason = c.Reason
			}
		}
		if reason == "NewReplicaSetAvailable" {
			return
		}
	}
	t.Errorf("the Deployment's Progressing condition stayed at %q, want NewReplicaSetAvailable as on the real nodes",
		reason)
}
