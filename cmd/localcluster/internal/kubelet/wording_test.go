package kubelet

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes"
)

// wording levels what must differ between a real node and a stand-in: addresses, identities, digests, times, sizes.
// The zero value levels what real nodes showed.
type wording struct {
	registry      string // in place of the real nodes' 127.0.0.1:5000
	armDigest     string // in place of the digest that case a3 pins
	pod, original string // the name of the pod and that of its model
}

const observedRegistry = "127.0.0.1:5000"

var leveled = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`sha256:[0-9a-f]{64}`), "sha256:DIGEST"},
	{regexp.MustCompile(`containerd://[0-9a-f]{64}`), "containerd://ID"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "UID"},
	{regexp.MustCompile(`in [0-9.]+m?s \([0-9.]+m?s including waiting\)\. Image size: \d+ bytes`),
		"in TIME. Image size: SIZE"},
	{regexp.MustCompile(`kube-api-access-[a-z0-9]{5}`), "kube-api-access-NAME"},
	{regexp.MustCompile(`\b10\.\d+\.\d+\.\d+\b|\b192\.0\.2\.2\b|\b10\.77\.0\.\d+\b|"hostIP":"127.0.0.1"|"ip":"127.0.0.1"`),
		"ADDRESS"},
	// Real times; that of a container that never started, 1970, stands.
	{regexp.MustCompile(`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "TIME"},
	// The longer a pod was watched, the more restarts: three or more are alike.
	{regexp.MustCompile(`"restartCount":([3-9]|\d\d+)`), `"restartCount":"3+"`},
	{regexp.MustCompile(`"message":"back-off \d+(m\d+)?s restarting`), `"message":"back-off TIME restarting`},
}

func (w wording) level(text string) string {
	if w.registry != "" {
		text = strings.ReplaceAll(text, w.registry, observedRegistry)
	}
	if w.pod != "" {
		text = strings.ReplaceAll(text, w.pod, w.original)
	}
	for _, l := range leveled {
		text = l.pattern.ReplaceAllString(text, l.with)
	}
	return text
}

// status is a pod's status in comparable form. Left out is what the pods' own cgroups say, which stand-ins lack.
func (w wording) status(pod corev1.Pod) map[string]any {
	status := pod.Status.DeepCopy()
	status.Resources = nil
	status.HostIP, status.HostIPs = "ADDRESS", nil
	b, err := json.Marshal(status)
	if err != nil {
		panic(err)
	}
	var result map[string]any
	if err := json.Unmarshal([]byte(w.level(string(b))), &result); err != nil {
		panic(err)
	}
	return result
}

// spec is the observed spec, to run here: what admission added is left out, and the node is chosen by name.
func (w wording) spec(pod corev1.Pod) corev1.PodSpec {
	no := false
	spec := corev1.PodSpec{
		InitContainers: pod.Spec.InitContainers, Containers: pod.Spec.Containers, RestartPolicy: pod.Spec.RestartPolicy,
		AutomountServiceAccountToken: &no, TerminationGracePeriodSeconds: pod.Spec.TerminationGracePeriodSeconds,
		NodeSelector: map[string]string{corev1.LabelHostname: pod.Spec.NodeName},
	}
	w.rename(&spec)
	return spec
}

// template keeps an observed workload to the nodes of the mixed cluster.
func (w wording) template(spec *corev1.PodSpec) {
	w.rename(spec)
	mixed := &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
		MatchExpressions: []corev1.NodeSelectorRequirement{{
			Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{"n-amd64", "n-arm64"},
		}},
	}}}
	spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: mixed}}
}

func (w wording) rename(spec *corev1.PodSpec) {
	for _, containers := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range containers {
			image := strings.Replace(containers[i].Image, observedRegistry, w.registry, 1)
			if name, _, pinned := strings.Cut(image, "@"); pinned {
				image = name + "@" + w.armDigest
			}
			containers[i].Image = image
		}
	}
}

// eventLine is one kind of event and whether it came again.
type eventLine struct {
	Type, Reason, Message, Container string
	Repeated                         bool
}

// events merges what depends on which pod of a node came first: an image was pulled, or was there already.
func (w wording) events(list []corev1.Event) []eventLine {
	counts := map[eventLine]int32{}
	for _, e := range list {
		if e.Reason == "MissingClusterDNS" { // the recorded clusters had none
			continue
		}
		line := eventLine{Type: e.Type, Reason: e.Reason, Message: w.level(e.Message), Container: e.InvolvedObject.FieldPath}
		if line.Reason == "Pulled" {
			line.Message = "pulled, or present: " + quoted.FindString(line.Message)
		}
		counts[line] += max(e.Count, 1)
	}
	var lines []eventLine
	for line, n := range counts {
		pulled := line
		pulled.Reason, pulled.Message = "Pulled", "pulled, or present: "+quoted.FindString(line.Message)
		if line.Reason == "Pulling" && counts[pulled] > 0 {
			continue
		}
		line.Repeated = n > 1
		lines = append(lines, line)
	}
	slices.SortFunc(lines, func(a, b eventLine) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return lines
}

var quoted = regexp.MustCompile(`"[^"]+"`)

// logCall is one call of kubectl logs and what it printed. Lines are sorted: stdout and stderr may overtake one
// another.
type logCall struct {
	container string
	previous  bool
	output    []string
}

func (c logCall) String() string {
	return fmt.Sprintf("logs -c %s previous=%v", c.container, c.previous)
}

var logCommand = regexp.MustCompile(`(?m)^\$ kubectl logs \S+ -c (\S+) ?(--previous)?\n`)

// readLogCalls reads "$ kubectl logs POD -c CONTAINER [--previous]", output, "[rc=N]", again and again.
func readLogCalls(t *testing.T, path string) (calls []logCall) {
	t.Helper()
	text := readFile(t, path)
	found := logCommand.FindAllStringSubmatchIndex(text, -1)
	for i, m := range found {
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		output, _, _ := strings.Cut(text[m[1]:end], "[rc=")
		calls = append(calls, logCall{container: text[m[2]:m[3]], previous: m[4] >= 0, output: wording{}.lines(output)})
	}
	return calls
}

func (w wording) lines(text string) []string {
	lines := strings.Split(strings.TrimSuffix(w.level(text), "\n"), "\n")
	slices.Sort(lines)
	return lines
}

// logs asks the API server, and prints an error as kubectl does.
func (w wording) logs(t *testing.T, client kubernetes.Interface, pod *corev1.Pod, call logCall) []string {
	t.Helper()
	options := &corev1.PodLogOptions{Container: call.container, Previous: call.previous}
	var output string
	stream, err := client.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, options).Stream(t.Context())
	if err == nil {
		defer stream.Close()
		var b []byte
		b, err = io.ReadAll(stream)
		output = string(b)
	}
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		output = fmt.Sprintf("Error from server (%s): %s", status.Status().Reason, status.Status().Message)
	} else if err != nil {
		t.Fatal(err)
	}
	return w.lines(output)
}
