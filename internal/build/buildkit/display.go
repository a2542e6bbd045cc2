package buildkit

import (
	"context"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/progress/progressui"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
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
	emit(progress.StepStarted{Name: "build", Title: "Build " + spec.Name + " for " + strings.ReplaceAll(build.JoinPlatforms(spec.Platforms), ",", ", ")})
	hide := hiding(spec.Dockerfile.Secrets)
	go d.print(&progress.Lines{Line: func(text string) { emit(progress.Message{Text: hide.Replace(text)}) }})
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
