package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// watchdog cancels one request when a wait takes too long.
type watchdog struct {
	host   string
	limits Limits
	cancel context.CancelCauseFunc
	cause  func() error       // why the request was cancelled
	whole  context.CancelFunc // frees the timer of limits.Total

	mu    sync.Mutex
	timer *time.Timer
	phase Phase
	bytes int64
}

// newWatchdog also returns the context that it cancels.
func newWatchdog(parent context.Context, host string, limits Limits) (context.Context, *watchdog) {
	w := &watchdog{host: host, limits: limits, whole: func() {}}
	ctx, cancel := context.WithCancelCause(parent)
	w.cancel = cancel
	if limits.Total > 0 {
		late := &TimeoutError{Host: host, Phase: Whole, Limit: limits.Total}
		ctx, w.whole = context.WithTimeoutCause(ctx, limits.Total, late)
	}
	w.cause = func() error { return context.Cause(ctx) }
	return ctx, w
}

// wait starts the clock of a phase.
func (w *watchdog) wait(phase Phase) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.phase = phase
	limit := w.limit(phase)
	switch {
	case w.timer == nil && limit > 0:
		w.timer = time.AfterFunc(limit, w.bite)
	case w.timer != nil && limit > 0:
		w.timer.Reset(limit)
	case w.timer != nil:
		w.timer.Stop()
	}
}

func (w *watchdog) limit(phase Phase) time.Duration {
	switch phase {
	case Connecting:
		return w.limits.Connect
	case Receiving:
		return w.limits.Silence
	default:
		return w.limits.Headers
	}
}

// bite ends the request.
func (w *watchdog) bite() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cancel(&TimeoutError{Host: w.host, Phase: w.phase, Limit: w.limit(w.phase), Received: w.bytes})
}

// sending notes that the server takes the request's body. A server may answer before it has all of it.
func (w *watchdog) sending() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.phase == Answering && w.timer != nil {
		w.timer.Reset(w.limits.Headers)
	}
}

// answered stops the clock until somebody reads the body.
func (w *watchdog) answered() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.phase = Receiving
	w.rest()
}

// received notes bytes of the answer, and reports whether there are too many.
func (w *watchdog) received(n int) (tooMany bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bytes += int64(n)
	w.rest()
	return w.limits.Size > 0 && w.limits.open.Add(int64(n)) > w.limits.Size
}

func (w *watchdog) rest() {
	if w.timer != nil {
		w.timer.Stop()
	}
}

// explain prefers the reason why a request was cancelled to the bare "context canceled".
func (w *watchdog) explain(err error) error {
	if cause := w.cause(); cause != nil {
		return cause
	}
	return err
}

// brokenOff is explain for an answer's body, whose reader would name no host. A stream may end at any time, and its
// readers know such an end by its bare error.
func (w *watchdog) brokenOff(err error) error {
	isStream := w.limits.Silence == 0
	if err = w.explain(err); errors.Is(err, io.EOF) || isStream || w.cause() != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Errorf("%s: the answer broke off after %d bytes: %w", w.host, w.bytes, err)
}

// end frees what belongs to the request. It may be called twice.
func (w *watchdog) end() {
	w.mu.Lock()
	w.rest()
	if w.limits.Size > 0 {
		w.limits.open.Add(-w.bytes)
	}
	w.bytes = 0
	w.mu.Unlock()
	w.whole()
	w.cancel(nil)
}
