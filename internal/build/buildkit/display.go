package buildkit

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/progress/progressui"
	"github.com/opencontainers/go-digest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
)

// display prints what BuildKit says of one image, in BuildKit's own plain form, as a step of its own in the log.
type display struct {
	emit    progress.Sink
	steps   *steps
	started time.Time
	status  chan *client.SolveStatus
	printed chan struct{}
}

func newDisplay(spec build.Spec, emit progress.Sink) *display {
	d := &display{
		emit: emit, steps: newSteps(), started: time.Now(),
		status: make(chan *client.SolveStatus), printed: make(chan struct{}),
	}
	emit(progress.StepStarted{Name: "build", Title: "Build " + spec.Name + " for " +
		strings.ReplaceAll(build.JoinPlatforms(spec.Platforms), ",", ", ")})
	hide := hiding(spec.Dockerfile.Secrets)
	go d.print(&progress.Lines{Line: func(text string) { emit(progress.Message{Text: hide.Text(text)}) }})
	return d
}

// print runs until close, whatever becomes of the build: BuildKit's client waits for whoever reads its status.
func (d *display) print(w *progress.Lines) {
	defer close(d.printed)
	defer w.Flush()
	plain, err := progressui.NewDisplay(w, progressui.PlainMode)
	if err != nil {
		panic(err) // the plain form suits every writer
	}
	_, _ = plain.UpdateFrom(context.Background(), d.status) // it can only fail by its context
}

// follow returns where one build reports its status, and a function that waits until all of that is read. Builds of
// several parts of the image may be followed at once.
func (d *display) follow() (status chan *client.SolveStatus, finish func()) {
	status = make(chan *client.SolveStatus)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for s := range status {
			d.steps.note(s)
			d.status <- s
		}
	}()
	return status, func() { <-read }
}

// close ends the display, once nothing is followed any more.
func (d *display) close(err error) {
	close(d.status)
	<-d.printed
	d.emit(progress.StepFinished{Name: "build", Elapsed: time.Since(d.started), Err: err})
}

// hiding knows the secrets of a build, which a RUN can print.
func hiding(secrets map[string]string) *redact.Secrets {
	known := &redact.Secrets{}
	for _, value := range secrets {
		known.Add(value)
	}
	return known
}

// tailLines is how much of a failing step's output an error contains.
const tailLines = 20

// steps remembers the names of a build's steps and the end of what each printed, for the one that fails.
type steps struct {
	mu     sync.Mutex
	names  map[digest.Digest]string
	output map[digest.Digest][]byte
}

func newSteps() *steps {
	return &steps{names: map[digest.Digest]string{}, output: map[digest.Digest][]byte{}}
}

func (s *steps) note(status *client.SolveStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, vertex := range status.Vertexes {
		s.names[vertex.Digest] = vertex.Name
	}
	for _, log := range status.Logs {
		s.output[log.Vertex] = lastLines(append(s.output[log.Vertex], log.Data...))
	}
}

// step returns a step's name and the last lines it printed.
func (s *steps) step(vertex digest.Digest) (name string, tail []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text := strings.TrimRight(string(s.output[vertex]), "\r\n"); text != "" {
		tail = strings.Split(text, "\n")
	}
	return s.names[vertex], tail
}

// lastLines cuts all but the last lines off.
func lastLines(text []byte) []byte {
	count := 0
	for i := len(text) - 1; i > 0; i-- {
		if text[i-1] != '\n' {
			continue
		}
		if count++; count == tailLines {
			return text[i:]
		}
	}
	return text
}
