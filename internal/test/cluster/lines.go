package cluster

import (
	"bytes"
	"io"
	"sync"
)

// lines keeps what the program writes to standard error, and passes it on. It is safe for concurrent use.
type lines struct {
	also io.Writer

	mu  sync.Mutex
	buf bytes.Buffer
}

// Write keeps p.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.also != nil {
		_, _ = l.also.Write(p)
	}
	return l.buf.Write(p)
}

// String returns all that was written.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
