package rollout

import (
	"context"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// loop reacts to changes, to diagnoses and to the passing of time, one at a time, until it is over.
type loop struct {
	tracker   *tracker
	opts      Options
	diagnoser diagnoser
	outages   outages
	// gathered is when the others have had their moment after the first failure; zero before one.
	gathered time.Time
	shown    string
}

func (l *loop) run(ctx context.Context, changes <-chan change) (Result, error) {
	l.diagnoser, l.outages = newDiagnoser(l.opts.Diagnose), outages{}
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
		if err := l.outages.lost(time.Now()); err != nil {
			return l.tracker.result(), err
		}
	}
}

// ending is what the loop ends with.
type ending struct{ findings []finding.Finding }

// assess decides whether it is over, and if not, when time alone may change that.
func (l *loop) assess(ctx context.Context, now time.Time) (time.Time, *ending) {
	l.diagnoser.start(ctx, l.tracker)
	v := l.tracker.assess(now)
	l.show()
	switch {
	case v.done:
		return time.Time{}, &ending{}
	case !v.failed:
		l.gathered = time.Time{}
	case l.gathered.IsZero():
		l.gathered = now.Add(l.opts.Gather)
	case !now.Before(l.gathered):
		return time.Time{}, &ending{l.tracker.failures()}
	}
	return soonest(v.next, l.gathered, l.outages.patience()), nil
}

// take takes in a change and those that wait behind it, so that a burst of changes is assessed once.
func (l *loop) take(c change, changes <-chan change) error {
	for {
		if c.object != nil {
			l.tracker.see(c, time.Now())
		} else if err := l.outages.note(c, time.Now()); err != nil {
			return err
		}
		select {
		case c = <-changes:
		default:
			return nil
		}
	}
}

// note keeps a diagnosis, and reports a trouble when it is first seen. A permanent one is reported at the end, as a finding.
func (l *loop) note(d diagnosed) {
	p := l.tracker.pods[d.pod]
	if p == nil {
		return
	}
	p.pending = false
	if p.diagnosis.Permanent {
		return
	}
	before := p.diagnosis.Finding
	if d.Finding != nil && !d.Permanent && (before == nil || before.Code != d.Finding.Code) {
		l.opts.Progress(progress.Message{Text: d.Finding.Message})
	}
	p.diagnosis = d.Diagnosis
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
	result.Findings = findings
	for _, f := range findings {
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
