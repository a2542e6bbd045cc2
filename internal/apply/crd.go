package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/explain"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

var crdKind = schema.GroupKind{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}

// definition is what a CustomResourceDefinition of the set says about its kind. Taking it from the manifest
// says where objects of the kind go before the API server has heard of it.
type definition struct {
	kind       schema.GroupKind
	plural     string
	namespaced bool
}

func definitionOf(crd *unstructured.Unstructured) definition {
	text := func(fields ...string) string {
		s, _, _ := unstructured.NestedString(crd.Object, append([]string{"spec"}, fields...)...)
		return s
	}
	return definition{
		kind:       schema.GroupKind{Group: text("group"), Kind: text("names", "kind")},
		plural:     text("names", "plural"),
		namespaced: text("scope") == "Namespaced",
	}
}

const (
	// definitionsAtOnce is how many definitions are applied side by side. For each, the API server builds its OpenAPI
	// document and its discovery anew, and many at once keep it from answering anyone.
	definitionsAtOnce = 4
	// noProgress is how long nothing may change before the wait for definitions ends.
	noProgress = 2 * time.Minute
)

// establish waits until the kinds of the definitions that were applied are served: the API server first accepts the
// names, then publishes the endpoint, and until then answers 404 to every object of the kind. It goes on while there
// is progress.
func (r *run) establish(ctx context.Context) ([]finding.Finding, error) {
	w := &establishment{run: r, changed: time.Now()}
	for _, t := range r.items {
		if t.Key().GroupKind == crdKind && t.done && t.change.Action != Unchanged {
			w.waiting = append(w.waiting, t)
		}
	}
	if w.all = len(w.waiting); w.all == 0 {
		return nil, nil
	}
	backoff := wait.Backoff{Duration: 50 * time.Millisecond, Factor: 1.5, Cap: 2 * time.Second, Steps: 1 << 30}
	ctx, cancel := context.WithTimeoutCause(ctx, r.opts.EstablishTimeout, errEstablish)
	defer cancel()
	err := backoff.DelayFunc().Until(ctx, true, true, w.poll)
	switch {
	case len(w.refused) > 0:
		return w.refused, nil
	case errors.Is(context.Cause(ctx), errEstablish), errors.Is(err, errEstablish):
		return w.unserved(), nil
	case err != nil:
		return nil, r.Unavailable(ctx, "waiting for definitions to be established", err)
	}
	return nil, nil
}

// errEstablish ends the wait for definitions.
var errEstablish = errors.New("definitions are not established in time")

// establishment is how far the definitions of a run are.
type establishment struct {
	*run
	all     int
	waiting []*item // those that are not established
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
		w.note(fmt.Sprintf("%d of %d definitions are established", w.all-len(w.waiting), w.all))
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
		w.opts.Progress(progress.Status{Text: seen})
	}
}

func (w *establishment) stalled() error {
	if time.Since(w.changed) > noProgress {
		return errEstablish
	}
	return nil
}

func (w *establishment) isEstablished(ctx context.Context, crd *item) (bool, error) {
	live, err := w.Get(ctx, crd.Ref)
	if err != nil {
		return false, err
	}
	if names := object.ConditionOf(live, "NamesAccepted"); names.Status == "False" {
		w.refused = append(w.refused, explain.Refusal(crd.Ref, &server.Refusal{
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
	for kind := range w.defines {
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
		len(w.waiting), w.all, w.opts.EstablishTimeout, w.last)
	if len(names) > 0 {
		text += " Still waiting: " + strings.Join(names, ", ") + "."
	}
	return []finding.Finding{{
		Code: finding.Deadline, Severity: finding.Error, Object: w.items[0].ID(), Message: text,
		Fix: "The definitions were applied and not refused: deploy again, or raise wait-timeout. " +
			"See what holds one up: kubectl describe crd",
	}}
}
