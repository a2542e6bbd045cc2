package follow

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// A watch that ends as expired (410 Gone) is begun anew at once, which is right where that happens now and then. An
// API server that answers so for ever is asked ever less often, and given up after a time: it never shows a change.
const (
	expiryLimit = 30 * time.Second
	longWatch   = 5 * time.Second
	mostPause   = 2 * time.Second
)

// errExpiring is what a stream ends with that only ever expires.
var errExpiring = errors.New("the API server ends each watch as expired (410 Gone): its storage, or a proxy in front " +
	"of it, is at fault")

// expiry counts the watches of one stream that expired in a row.
type expiry struct {
	mu sync.Mutex
	// started is when the present watch began, since when the first of the row expired.
	started, since time.Time
	row            int
}

// begin pauses before a watch that follows on expired ones.
func (e *expiry) begin(ctx context.Context) error {
	e.mu.Lock()
	row := e.row
	e.mu.Unlock()
	if row > 0 {
		select {
		case <-time.After(min(mostPause, 100*time.Millisecond<<min(row, 10))):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.started = time.Now()
	return nil
}

// note takes in that the present watch has expired. It returns an error once there were nothing but such for too long.
func (e *expiry) note(now time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if now.Sub(e.started) > longWatch {
		e.row = 0
	}
	if e.row == 0 {
		e.since = now
	}
	e.row++
	if now.Sub(e.since) > expiryLimit {
		return errExpiring
	}
	return nil
}

// observed passes the events of a watch on until it is stopped, and reports its expiry, which the reflector keeps to
// itself. watch.Filter does not do: it waits for a reader for ever.
type observed struct {
	watch.Interface
	events  chan watch.Event
	stopped <-chan struct{}
	stop    context.CancelFunc
}

func (f *follower) observe(ctx context.Context, w watch.Interface) watch.Interface {
	o := &observed{Interface: w, events: make(chan watch.Event)}
	lasting, stop := context.WithCancel(ctx)
	o.stopped, o.stop = lasting.Done(), stop
	go o.pass(func() {
		if err := f.expiry.note(time.Now()); err != nil {
			f.send(ctx, Change{From: f.stream, Err: err})
		}
	})
	return o
}

func (o *observed) pass(expired func()) {
	defer close(o.events)
	for e := range o.Interface.ResultChan() {
		if status, ok := e.Object.(*metav1.Status); ok && e.Type == watch.Error && status.Code == http.StatusGone {
			expired()
		}
		select {
		case o.events <- e:
		case <-o.stopped:
			return
		}
	}
}

func (o *observed) ResultChan() <-chan watch.Event { return o.events }

func (o *observed) Stop() {
	o.stop()
	o.Interface.Stop()
}
