package sandbox

import (
	"bytes"
	"io"
	"log"
	"os"
)

// Capture is what kustomize prints while it renders: with package log, and to os.Stderr directly.
type Capture struct {
	stderr  *os.File
	pipe    *os.File
	done    chan struct{}
	printed Printed
}

// StartCapture keeps what kustomize prints. Log lines also go to this process's own standard error, since log.Fatal
// ends the process.
func StartCapture() (*Capture, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c := &Capture{stderr: os.Stderr, pipe: writer, done: make(chan struct{})}
	log.SetFlags(0)
	log.SetOutput(io.MultiWriter(writer, os.Stderr))
	os.Stderr = writer
	go func() {
		_, _ = io.Copy(&c.printed, reader)
		close(c.done)
	}()
	return c, nil
}

// Stop returns what was printed.
func (c *Capture) Stop() string {
	log.SetOutput(c.stderr)
	os.Stderr = c.stderr
	_ = c.pipe.Close()
	<-c.done
	return c.printed.String()
}

// maxLog is how much of what kustomize prints is kept, in bytes.
const maxLog = 64 << 10

// Printed keeps the first maxLog bytes that are written.
type Printed struct{ bytes.Buffer }

// Write implements io.Writer, and takes everything.
func (h *Printed) Write(p []byte) (int, error) {
	if room := maxLog - h.Len(); room > 0 {
		h.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// ReadFrom hides that of the buffer, which has no limit.
func (h *Printed) ReadFrom(r io.Reader) (int64, error) { return io.Copy(struct{ io.Writer }{h}, r) }
