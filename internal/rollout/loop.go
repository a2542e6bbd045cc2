package rollout

import (
	"context"
	"errors"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/dynamic"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/annotation"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout/follow"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout/streams"
)

// loop reacts to changes, to diagnoses and to the passing of time, one at a time, until it is over.
type loop struct {
	tracker   *tracker
	client    dynamic.Interface
	opts      Options
	diagnoser diagnoser
	outages   follow.Outages
	// gathered is when the others have had their moment after the first failure; zero before one.
	gathered time.Time
	shown    string
	// said are the troubles that were reported, each by its workload, code, container, architecture and reason.
	said map[[5]string]bool
}

func (l *loop) run(ctx context.Context, changes <-chan follow.Change) (Result, error) {
	l.diagnoser, l.outages = newDiagnoser(l.opts.Diagnose), follow.Outages{}
	l.said = map[[5]string]bool{}
	l.begin()
	timeout := time.NewTimer(l.opts.Timeout)
	wake := time.NewTimer(0)
	for {
		next, end := l.assess(ctx, time.Now())
		if end != nil {
			return l.finish(end.findings), nil
		}
		if !next.IsZero() {
			wake.Reset(time.Until(next))
		}
		select {
		case <-ctx.Done():
			return l.tracker.result(), ctx.Err()
		case <-timeout.C:
			return l.finish(l.tracker.overdue(l.opts.Timeout)), nil
		case <-wake.C:
		case d := <-l.diagnoser.results:
			l.note(d)
		case c := <-changes:
			if err := l.take(c, changes); err != nil {
				return l.tracker.result(), err
			}
		}
		if err := errors.Join(l.outages.Lost(time.Now()), l.heal(ctx)); err != nil {
			return l.tracker.result(), err
		}
	}
}

// begin reports what is not waited for.
func (l *loop) begin() {
	for _, t := range l.tracker.order {
		if !annotation.Wait(t.last) {
			l.opts.Progress(progress.Message{Text: t.name + " is " + t.status.Message})
		}
	}
}

// heal deletes the pods that block a StatefulSet, where that was asked for.
func (l *loop) heal(ctx context.Context) error {
	if !l.opts.ReplaceStuck {
		return nil
	}
	return l.tracker.replaceStuck(ctx, l.client)
}

// ending is what the loop ends with.
type ending struct{ findings []finding.Finding }

// assess decides whether it is over, and if not, when time alone may change that.
func (l *loop) assess(ctx context.Context, now time.Time) (time.Time, *ending) {
	l.diagnoser.start(ctx, l.tracker)
	for _, f := range l.tracker.noteRefusals(now) {
		l.opts.Progress(progress.Message{Text: f.Message})
	}
	a := l.tracker.assess(now)
	l.show()
	switch {
	case a.done:
		return time.Time{}, &ending{}
	case !a.failed:
		l.gathered = time.Time{}
	case l.gathered.IsZero():
		l.gathered = now.Add(l.opts.Gather)
	case !now.Before(l.gathered):
		return time.Time{}, &ending{l.tracker.failures(now)}
	}
	return soonest(a.next, l.gathered, l.outages.Patience()), nil
}

// take takes in a change and those that wait behind it, so that a burst of changes is assessed once.
func (l *loop) take(c follow.Change, changes <-chan follow.Change) error {
	for {
		if c.Object != nil {
			l.tracker.see(c, time.Now())
		} else if err := l.hear(c); err != nil {
			return err
		}
		select {
		case c = <-changes:
		default:
			return nil
		}
	}
}

// hear takes in how a request went.
func (l *loop) hear(c follow.Change) error {
	switch {
	case !apierrors.IsForbidden(c.Err):
	case c.From.GroupVersionResource == streams.StorageClasses:
		l.tracker.classes.Unreadable = true
	case c.From.GroupVersionResource == streams.Ingresses:
		for _, t := range l.tracker.order {
			if t.last.GetKind() == "Ingress" && t.last.GetNamespace() == c.From.Namespace {
				t.unwatchable(time.Now())
			}
		}
	}
	return l.outages.Note(c, time.Now())
}

// note keeps a diagnosis, and reports a trouble when it is first seen. A permanent one is reported at the end, as a
// finding.
func (l *loop) note(d diagnosed) {
	p := l.tracker.pods[d.pod]
	if p == nil {
		return
	}
	p.pending = false
	if p.diagnosis.Permanent {
		return
	}
	if p.note(d.Diagnosis, time.Now()) && !d.Permanent && l.isNews(p.Pod, *d.Finding) {
		l.opts.Progress(progress.Message{Text: d.Finding.Message})
	}
}

// isNews reports whether no other pod of the workload has been reported with the same trouble.
func (l *loop) isNews(pod *corev1.Pod, f finding.Finding) bool {
	t := l.tracker.workload(pod)
	if t == nil {
		return true
	}
	trouble := [...]string{t.id, string(f.Code), f.Container, f.Architecture, reasonOf(f)}
	news := !l.said[trouble]
	l.said[trouble] = true
	return news
}

// show reports the summary when it has changed.
func (l *loop) show() {
	if text := l.tracker.summary(); text != l.shown && text != "" {
		l.shown = text
		l.opts.Progress(progress.Status{Text: text})
	}
}

func (l *loop) finish(findings []finding.Finding) Result {
	result := l.tracker.result()
	result.Findings = slices.Concat(findings, l.tracker.held(), l.tracker.unjudged(time.Now()))
	for _, f := range result.Findings {
		l.opts.Progress(progress.Found{Finding: f})
	}
	return result
}

// soonest returns the earliest of the times that are set.
func soonest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if first.IsZero() || !t.IsZero() && t.Before(first) {
			first = t
		}
	}
	return first
}

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
