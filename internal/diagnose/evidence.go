package diagnose

import (
	"context"
	"io"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// How much of a log is read as evidence, and how much of it is shown.
const (
	readLines, readBytes = 40, 64 << 10
	showLines, showBytes = 5, 1 << 10
)

// ClusterLog returns an Evidence.Log that reads the last 40 lines through the API server. It needs the verb get on
// pods/log.
func ClusterLog(client kubernetes.Interface) func(context.Context, *corev1.Pod, string, bool) (string, error) {
	lines, limit := int64(readLines), int64(readBytes)
	return func(ctx context.Context, pod *corev1.Pod, container string, previous bool) (string, error) {
		opts := &corev1.PodLogOptions{Container: container, Previous: previous, TailLines: &lines, LimitBytes: &limit}
		stream, err := client.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, opts).Stream(ctx)
		if err != nil {
			return "", err
		}
		defer stream.Close()
		// The server is asked to keep the limit, and does not have to.
		text, err := io.ReadAll(io.LimitReader(stream, readBytes))
		return string(text), err
	}
}

// log returns what the container said at its end, in plain text. Just after a crash the current log is the better
// source: the runtime often has no previous one any more, and says so in the log's place. Once it runs again, only
// the previous one does.
func (c container) log(ctx context.Context, exit *corev1.ContainerStateTerminated) string {
	text := finding.PlainText(exit.Message)
	if c.ev.Log == nil {
		return text
	}
	for _, previous := range []bool{false, true} {
		log, err := c.ev.Log(ctx, c.pod, c.Name, previous)
		if err != nil || strings.HasPrefix(log, "unable to retrieve container logs for ") {
			continue
		}
		if log = finding.PlainText(log); log != "" {
			return strings.TrimSpace(text + "\n" + log)
		}
	}
	return text
}

// quote shows the end of a log, indented, or nothing when there is none.
func quote(log string) string {
	if log == "" {
		return ""
	}
	if len(log) > showBytes {
		log = strings.ToValidUTF8(log[len(log)-showBytes:], "")
	}
	lines := strings.Split(log, "\n")
	lines = lines[max(0, len(lines)-showLines):]
	return " Its last lines:\n    " + strings.Join(lines, "\n    ")
}

// ClusterLookup returns an Evidence.Lookup that asks the API server. It needs the verb get on persistentvolumeclaims
// and storageclasses, and does without where it has not.
func ClusterLookup(client dynamic.Interface) func(context.Context, schema.GroupVersionResource, string,
	string) (*unstructured.Unstructured, error) {
	return func(ctx context.Context, resource schema.GroupVersionResource, namespace,
		name string) (*unstructured.Unstructured, error) {
		if namespace == "" {
			return client.Resource(resource).Get(ctx, name, metav1.GetOptions{})
		}
		return client.Resource(resource).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	}
}
