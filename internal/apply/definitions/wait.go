package definitions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/explain"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// noProgress is how long nothing may change before the wait for definitions ends.
const noProgress = 2 * time.Minute

// Wait is a wait until the kinds of definitions are served.
type Wait struct {
	// Object is what a finding about all of them is about.
	Object string
	// Applied are the definitions that were applied, and Kinds all kinds that the set defines.
	Applied []server.Ref
	Kinds   []schema.GroupKind
	// Timeout is how long it may take.
	Timeout  time.Duration
	Progress progress.Sink
}

// Run waits until the kinds of the definitions that were applied are served: the API server first accepts the
// names, then publishes the endpoint, and until then answers 404 to every object of the kind. It goes on while there
// is progress. The mapper knows them all then.
func (e Wait) Run(ctx context.Context, s *server.Server) (meta.RESTMapperWithContext, []finding.Finding,
	error) {
	w := &establishment{Wait: e, Server: s, waiting: e.Applied, changed: time.Now()}
	backoff := wait.Backoff{Duration: 50 * time.Millisecond, Factor: 1.5, Cap: 2 * time.Second, Steps: 1 << 30}
	ctx, cancel := context.WithTimeoutCause(ctx, e.Timeout, errEstablish)
	defer cancel()
	err := backoff.DelayFunc().Until(ctx, true, true, w.poll)
	switch {
	case len(w.refused) > 0:
		return nil, w.refused, nil
	case errors.Is(context.Cause(ctx), errEstablish), errors.Is(err, errEstablish):
		return nil, w.unserved(), nil
	case err != nil:
		return nil, nil, s.Unavailable(ctx, "waiting for definitions to be established", err)
	}
	return w.mapper, nil, nil
}

// errEstablish ends the wait for definitions.
var errEstablish = errors.New("definitions are not established in time")

// establishment is how far a wait is.
type establishment struct {
	Wait
	*server.Server
	mapper  meta.RESTMapperWithContext // once it knows all kinds
	waiting []server.Ref               // those that are not established
	last    string
	changed time.Time // of last
	refused []finding.Finding
}

// poll looks once, and reports whether that is the end.
func (w *establishment) poll(ctx context.Context) (bool, error) {
	for len(w.waiting) > 0 {
		established, err := w.isEstablished(ctx, w.waiting[0])
		if err != nil || len(w.refused) > 0 {
			return true, err
		}
		if !established {
			return false, w.stalled()
		}
		w.waiting = w.waiting[1:]
		w.note(fmt.Sprintf("%d of %d definitions are established", len(w.Applied)-len(w.waiting), len(w.Applied)))
	}
	missing, err := w.missing(ctx)
	if err != nil || missing == "" {
		return true, err
	}
	w.note("discovery does not list " + missing)
	return false, w.stalled()
}

// note notes what was seen, and when that has changed.
func (w *establishment) note(seen string) {
	if seen != w.last {
		w.last, w.changed = seen, time.Now()
		w.Progress(progress.Status{Text: seen})
	}
}

func (w *establishment) stalled() error {
	if time.Since(w.changed) > noProgress {
		return errEstablish
	}
	return nil
}

func (w *establishment) isEstablished(ctx context.Context, crd server.Ref) (bool, error) {
	live, err := w.Get(ctx, crd)
	if err != nil {
		return false, err
	}
	if names := object.ConditionOf(live, "NamesAccepted"); names.Status == "False" {
		w.refused = append(w.refused, explain.Refusal(crd, &server.Refusal{
			Why: "its names are not accepted: " + names.Message,
			Fix: "Another definition has the name already: choose another, or delete that one.",
		}))
		return false, nil
	}
	ready := object.ConditionOf(live, "Established")
	if ready.Status != "True" {
		w.note(fmt.Sprintf("%s is not established: %s", crd, cmp.Or(ready.Message, "nothing has been said about it")))
	}
	return ready.Status == "True", nil
}

// missing returns a kind of the set that discovery does not list yet, "" if it lists all.
func (w *establishment) missing(ctx context.Context) (string, error) {
	mapper, err := w.Discover(ctx)
	if err != nil {
		return "", err
	}
	for _, kind := range w.Kinds {
		if _, err := mapper.RESTMappingWithContext(ctx, kind); err != nil {
			if meta.IsNoMatchError(err) {
				return kind.String(), nil
			}
			return "", err
		}
	}
	w.mapper = mapper
	return "", nil
}

// unserved reports the definitions whose kinds are not served at the end of the wait.
func (w *establishment) unserved() []finding.Finding {
	names := []string{}
	for _, t := range w.waiting {
		names = append(names, t.Name)
	}
	text := fmt.Sprintf("The kinds of %d of %d CustomResourceDefinitions are not served after %s: %s.",
		len(w.waiting), len(w.Applied), w.Timeout, w.last)
	if len(names) > 0 {
		text += " Still waiting: " + strings.Join(names, ", ") + "."
	}
	return []finding.Finding{{
		Code: finding.Deadline, Severity: finding.Error, Object: w.Object, Message: text,
		Fix: "The definitions were applied and not refused: deploy again, or raise wait-timeout. " +
			"See what holds one up: kubectl describe crd",
	}}
}
