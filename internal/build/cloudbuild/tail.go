package cloudbuild

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// tailLines is how much of a failing step's output an error contains.
const tailLines = 20

// tail follows a build's log, an object that grows while the build runs.
type tail struct {
	store *storage
	name  string
	emit  progress.Sink
	lines *progress.Lines
	// shown is how much of the log was read.
	shown int64
	// last are the last lines of each step, by its ID.
	last map[string][]string
	// reported: it was said that the log is unreadable.
	reported bool
}

func newTail(store *storage, name string, emit progress.Sink) *tail {
	t := &tail{store: store, name: name, emit: emit, last: map[string][]string{}}
	t.lines = &progress.Lines{Line: t.line}
	return t
}

// line shows a line, and keeps it with its step, whose name comes first: `Step #2 - "build": text`.
func (t *tail) line(text string) {
	head, said, found := strings.Cut(text, `":`)
	_, id, named := strings.Cut(head, ` - "`)
	if !found || !named || !strings.HasPrefix(head, "Step #") {
		t.emit(progress.Message{Text: text})
		return
	}
	if said = strings.TrimPrefix(said, " "); said == "" {
		return
	}
	t.emit(progress.Message{Text: text})
	t.last[id] = append(t.last[id], said)
	t.last[id] = t.last[id][max(0, len(t.last[id])-tailLines):]
}

// read shows what the log has got since the last time. A build goes on without its log, so it is only said, once, that
// it can't be read.
func (t *tail) read(ctx context.Context) {
	response, err := t.store.read(ctx, t.name, t.shown)
	switch {
	case err == nil:
		defer response.Body.Close()
		n, _ := io.Copy(t.lines, response.Body) // what is missing comes the next time
		t.shown += n
	case googleapi.Refused(err, http.StatusNotFound), googleapi.Refused(err, http.StatusRequestedRangeNotSatisfiable):
		// nothing is written yet, or nothing new
	case !t.reported && !googleapi.MayPass(err) && !errors.Is(err, context.Canceled):
		t.reported = true
		t.emit(progress.Message{Text: err.Error()})
	}
}
