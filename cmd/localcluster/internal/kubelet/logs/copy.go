package logs

import (
	"context"
	"io"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Copy writes a log as the options ask, and with follow until the container or ctx ends.
func Copy(ctx context.Context, out http.ResponseWriter, log *Log, options *corev1.PodLogOptions) {
	flusher := http.NewResponseController(out)
	limited := &limitedWriter{Writer: out, left: -1}
	if options.LimitBytes != nil {
		limited.left = *options.LimitBytes
	}
	lines, open, grown := log.from(0)
	read := len(lines)
	lines = tail(since(lines, options), options.TailLines)
	for {
		for _, line := range lines {
			if !writeLine(limited, line, options.Timestamps) {
				return
			}
		}
		if flusher.Flush() != nil || !options.Follow || !open {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-grown:
		}
		lines, open, grown = log.from(read)
		read += len(lines)
	}
}

func since(lines []logLine, options *corev1.PodLogOptions) []logLine {
	var start time.Time
	switch {
	case options.SinceTime != nil:
		start = options.SinceTime.Time
	case options.SinceSeconds != nil:
		start = time.Now().Add(-time.Duration(*options.SinceSeconds) * time.Second)
	}
	for len(lines) > 0 && lines[0].at.Before(start) {
		lines = lines[1:]
	}
	return lines
}

func tail(lines []logLine, n *int64) []logLine {
	if n == nil || int64(len(lines)) <= *n {
		return lines
	}
	return lines[int64(len(lines))-*n:]
}

func writeLine(out *limitedWriter, line logLine, timestamp bool) (more bool) {
	text := line.text
	if timestamp {
		text = append([]byte(line.at.UTC().Format(time.RFC3339Nano)+" "), text...)
	}
	_, err := out.Write(text)
	return err == nil
}

// limitedWriter stops with io.EOF after so many bytes; a negative number is no limit.
type limitedWriter struct {
	io.Writer
	left int64
}

func (l *limitedWriter) Write(p []byte) (int, error) {
	if l.left < 0 {
		return l.Writer.Write(p)
	}
	cut := min(int64(len(p)), l.left)
	l.left -= cut
	n, err := l.Writer.Write(p[:cut])
	if err == nil && l.left == 0 {
		err = io.EOF
	}
	return n, err
}
