package diagnose

import (
	"context"
	"io"
	"strings"
	"unicode"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
)

// How much of a log is read as evidence, and how much of it is shown.
const (
	readLines, readBytes = 40, 64 << 10
	showLines, showBytes = 5, 1 << 10
)

// ClusterLog returns an Evidence.Log that reads the last 40 lines through the API server. It needs the verb get on pods/log.
func ClusterLog(client kubernetes.Interface) func(context.Context, *corev1.Pod, string, bool) (string, error) {
	lines, limit := int64(readLines), int64(readBytes)
	return func(ctx context.Context, pod *corev1.Pod, container string, previous bool) (string, error) {
		opts := &corev1.PodLogOptions{Container: container, Previous: previous, TailLines: &lines, LimitBytes: &limit}
		stream, err := client.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, opts).Stream(ctx)
		if err != nil {
			return "", err
		}
		defer stream.Close()
		text, err := io.ReadAll(stream)
		return string(text), err
	}
}

// log returns what the container said at its end, in plain text. Just after a crash the current log is the better source: the runtime often has
// no previous one any more, and says so in the log's place. Once it runs again, only the previous one tells.
func (c container) log(ctx context.Context, exit *corev1.ContainerStateTerminated) string {
	text := plain(exit.Message)
	if c.ev.Log == nil {
		return text
	}
	for _, previous := range []bool{false, true} {
		log, err := c.ev.Log(ctx, c.pod, c.Name, previous)
		if err != nil || strings.HasPrefix(log, "unable to retrieve container logs for ") {
			continue
		}
		if log = plain(log); log != "" {
			return strings.TrimSpace(text + "\n" + log)
		}
	}
	return text
}

// plain drops what could act on a terminal or hide text: control characters, escape sequences' starts, invalid UTF-8.
func plain(log string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		if r == '\t' {
			return ' '
		}
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, log))
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

// oneLine makes text from the cluster fit into a sentence: one line, no final stop, not longer than 500 bytes.
func oneLine(text string) string {
	const limit = 500
	text = strings.Join(strings.Fields(plain(text)), " ")
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return strings.TrimRight(text, ". ")
}
