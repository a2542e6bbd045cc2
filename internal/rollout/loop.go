package rollout

import (
	"context"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// loop reacts to news, to judgements and to the passing of time, one at a time, until there is a verdict.
type loop struct {
	board *board
	opts  Options
	panel panel
	link  link
	// gathered is when the others have had their moment after the first failure; zero before one.
	gathered time.Time
	shown    string
}

func (l *loop) run(ctx context.Context, changes <-chan change) (Result, error) {
	l.panel, l.link = newPanel(l.opts.Judge), link{}
	timeout := time.NewTimer(l.opts.Timeout)
	wake := time.NewTimer(0)
	for {
		next, end := l.look(ctx, time.Now())
		if end != nil {
			return l.finish(end.findings), nil
		}
		if !next.IsZero() {
			wake.Reset(time.Until(next))
		}
		select {
		case <-ctx.Done():
			return l.board.result(), ctx.Err()
		case <-timeout.C:
			return l.finish(l.board.overdue(l.opts.Timeout)), nil
		case <-wake.C:
		case a := <-l.panel.answers:
			l.hear(a)
		case c := <-changes:
			if err := l.take(c, changes); err != nil {
				return l.board.result(), err
			}
		}
		if err := l.link.lost(time.Now()); err != nil {
			return l.board.result(), err
		}
	}
}

// ending is what the loop ends with.
type ending struct{ findings []finding.Finding }

// look decides whether it is over, and if not, when time alone may change that.
func (l *loop) look(ctx context.Context, now time.Time) (time.Time, *ending) {
	l.panel.ask(ctx, l.board)
	v := l.board.verdict(now)
	l.show()
	switch {
	case v.settled:
		return time.Time{}, &ending{}
	case !v.failed:
		l.gathered = time.Time{}
	case l.gathered.IsZero():
		l.gathered = now.Add(l.opts.Gather)
	case !now.Before(l.gathered):
		return time.Time{}, &ending{l.board.failures()}
	}
	return soonest(v.next, l.gathered, l.link.patience()), nil
}

// take takes in a change and those that wait behind it, so that a burst of news is looked at once.
func (l *loop) take(c change, changes <-chan change) error {
	for {
		if c.object != nil {
			l.board.see(c, time.Now())
		} else if err := l.link.note(c, time.Now()); err != nil {
			return err
		}
		select {
		case c = <-changes:
		default:
			return nil
		}
	}
}

// hear takes in a judgement, and tells of a trouble when it is first seen. What dooms is told at the end, as a finding.
func (l *loop) hear(a answer) {
	p := l.board.pods[a.pod]
	if p == nil {
		return
	}
	p.asked = false
	if p.doomed {
		return
	}
	if a.cause != nil && !a.doomed && (p.cause == nil || p.cause.Code != a.cause.Code) {
		l.opts.Progress(progress.Message{Text: a.cause.Message})
	}
	p.cause, p.doomed = a.cause, a.doomed
}

// show tells the state of things when it has changed.
func (l *loop) show() {
	if text := l.board.summary(); text != l.shown && text != "" {
		l.shown = text
		l.opts.Progress(progress.Status{Text: text})
	}
}

func (l *loop) finish(findings []finding.Finding) Result {
	result := l.board.result()
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
