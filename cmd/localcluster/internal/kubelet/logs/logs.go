// Package logs keeps what containers write, and serves it as a kubelet does.
package logs

import (
	"bytes"
	"sync"
	"time"
)

// logLine is one write of a container, cut at line ends.
type logLine struct {
	at   time.Time
	text []byte // with its line end, unless the container ended without one
}

// Log keeps what one container wrote, in memory.
type Log struct {
	mu      sync.Mutex
	lines   []logLine
	partial []byte // a line that has not ended yet
	closed  bool
	grown   chan struct{} // closed and replaced at every change
}

// New returns an empty log.
func New() *Log { return &Log{grown: make(chan struct{})} }

// Write never fails.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.partial = append(l.partial, p...)
	for {
		end := bytes.IndexByte(l.partial, '\n') + 1
		if end == 0 {
			return len(p), nil
		}
		l.append(l.partial[:end])
		l.partial = l.partial[end:]
	}
}

func (l *Log) append(text []byte) {
	l.lines = append(l.lines, logLine{at: time.Now(), text: bytes.Clone(text)})
	l.wake()
}

// Close ends the log: a line without an end counts, and followers see that nothing more comes.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.partial) > 0 {
		l.append(l.partial)
	}
	l.closed = true
	l.wake()
}

func (l *Log) wake() {
	close(l.grown)
	l.grown = make(chan struct{})
}

// from returns the lines after the first n, whether more can come, and a channel that closes when they do.
func (l *Log) from(n int) (lines []logLine, open bool, grown <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]logLine(nil), l.lines[n:]...), !l.closed, l.grown
}

// Tail returns the last lines as text, at most 80 lines and 2048 bytes: what the kubelet takes over as the termination
// message under FallbackToLogsOnError.
func (l *Log) Tail() string {
	const maxLines, maxBytes = 80, 2048
	lines, _, _ := l.from(0)
	var text []byte
	for _, line := range lines[max(0, len(lines)-maxLines):] {
		text = append(text, line.text...)
	}
	return string(text[max(0, len(text)-maxBytes):])
}
