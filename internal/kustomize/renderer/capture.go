package renderer

import (
	"bytes"
	"io"
	"log"
	"os"
)

// capture is what kustomize prints while it renders: with package log, and to os.Stderr directly.
type capture struct {
	stderr  *os.File
	pipe    *os.File
	done    chan struct{}
	printed head
}

// startCapture keeps what kustomize prints. Log lines also go to this process's own standard error, since log.Fatal
// ends the process.
func startCapture() (*capture, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c := &capture{stderr: os.Stderr, pipe: writer, done: make(chan struct{}), printed: head{limit: maxLog}}
	log.SetFlags(0)
	log.SetOutput(io.MultiWriter(writer, os.Stderr))
	os.Stderr = writer
	go func() {
		_, _ = io.Copy(&c.printed, reader)
		close(c.done)
	}()
	return c, nil
}

// stop returns what was printed.
func (c *capture) stop() string {
	log.SetOutput(c.stderr)
	os.Stderr = c.stderr
	_ = c.pipe.Close()
	<-c.done
	return c.printed.String()
}

// head keeps the first bytes that are written.
type head struct {
	bytes.Buffer
	limit int
}

func (h *head) Write(p []byte) (int, error) {
	if room := h.limit - h.Len(); room > 0 {
		h.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// ReadFrom hides that of the buffer, which has no limit.
func (h *head) ReadFrom(r io.Reader) (int64, error) { return io.Copy(struct{ io.Writer }{h}, r) }
