package kubelet

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

// containerLog keeps what one container wrote, in memory.
type containerLog struct {
	mu      sync.Mutex
	lines   []logLine
	partial []byte // a line that has not ended yet
	closed  bool
	grown   chan struct{} // closed and replaced at every change
}

func newLog() *containerLog { return &containerLog{grown: make(chan struct{})} }

// Write never fails.
func (l *containerLog) Write(p []byte) (int, error) {
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

func (l *containerLog) append(text []byte) {
	l.lines = append(l.lines, logLine{at: time.Now(), text: bytes.Clone(text)})
	l.wake()
}

// close ends the log: a line without an end counts, and followers see that nothing more comes.
func (l *containerLog) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.partial) > 0 {
		l.append(l.partial)
	}
	l.closed = true
	l.wake()
}

func (l *containerLog) wake() {
	close(l.grown)
	l.grown = make(chan struct{})
}

// from returns the lines after the first n, whether more can come, and a channel that closes when they do.
func (l *containerLog) from(n int) (lines []logLine, open bool, grown <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]logLine(nil), l.lines[n:]...), !l.closed, l.grown
}

// tail returns the last lines as text, at most 80 lines and 2048 bytes: what the kubelet takes over as the termination
// message under FallbackToLogsOnError.
func (l *containerLog) tail() string {
	const maxLines, maxBytes = 80, 2048
	lines, _, _ := l.from(0)
	var text []byte
	for _, line := range lines[max(0, len(lines)-maxLines):] {
		text = append(text, line.text...)
	}
	return string(text[max(0, len(text)-maxBytes):])
}
