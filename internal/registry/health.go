package registry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	ggcr "github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

const (
	// maxFailures is how often in turn a registry may be out of reach before it is not asked again.
	maxFailures = 3
	// rest is how long it is not asked then.
	rest = 30 * time.Second
)

// downError is for a request that was not made, since those before it had no answer.
type downError struct{ last error }

func (e *downError) Error() string {
	return fmt.Sprintf("%v (not asked again after %d failures)", e.last, maxFailures)
}

func (e *downError) Unwrap() error { return e.last }

// health knows which registries are out of reach, so that fifty images of one are not waited for fifty times.
type health struct {
	mu    sync.Mutex
	hosts map[string]*failures
}

type failures struct {
	inTurn int
	last   error
	since  time.Time
}

// ask makes a request to a registry, unless that was out of reach a moment ago.
func (h *health) ask(ctx context.Context, host string, request func() error) error {
	err := h.down(host)
	if err == nil && h.doubtful(host) {
		pause(ctx) // those that were asked at the same time are about to fail, too
		err = h.down(host)
	}
	if err != nil {
		return err
	}
	err = request()
	h.note(ctx, host, err)
	return err
}

// doubtful reports whether a registry had no answer to the last request.
func (h *health) doubtful(host string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.hosts[host] != nil
}

func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(100 * time.Millisecond):
	}
}

// down returns why a registry is not asked now, or nil.
func (h *health) down(host string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.hosts[host]
	if f == nil || f.inTurn < maxFailures || time.Since(f.since) > rest {
		return nil
	}
	return &downError{last: f.last}
}

// note counts failures to reach a registry. Any answer, good or bad, ends the count.
func (h *health) note(ctx context.Context, host string, err error) {
	if errors.Is(ctx.Err(), context.Canceled) {
		return // by an interrupt, or by a failure beside it
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	answer := (*ggcr.Error)(nil)
	_, unreachable := networkReason(host, err)
	if err == nil || errors.As(err, &answer) || !unreachable {
		delete(h.hosts, host)
		return
	}
	if h.hosts == nil {
		h.hosts = map[string]*failures{}
	}
	f := h.hosts[host]
	if f == nil {
		f = &failures{}
		h.hosts[host] = f
	}
	f.inTurn++
	f.last, f.since = err, time.Now()
}
