package transport

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// Retrier is a transport that sends a request again after a broken connection, 408, 429 and 5xx, as long as that does
// no harm and the limits allow. It pauses as long as the server asks for in Retry-After, or three times longer from one
// attempt to the next. A *TimeoutError and a refused connection end it at once.
type Retrier struct {
	Inner  http.RoundTripper
	Limits Limits
	// Repeatable reports whether a request may be sent twice although the first one may have had its effect; nil is
	// Idempotent. Any request is sent again after 429, and after a 503 with Retry-After: nothing was done yet.
	Repeatable func(*http.Request) bool
	// Refused reports, for answers that Busy does not know, whether to come again and after which pause; 0 is the usual
	// pause. nil knows no others.
	Refused func(*http.Response) (pause time.Duration, again bool)
	// KeepErrors leaves broken connections to a caller that repeats more than one request then, such as an upload.
	KeepErrors bool
}

// Busy are the statuses after which a request may succeed in a moment.
func Busy() []int {
	return []int{
		http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}
}

// Idempotent reports whether a request has the same effect when it is sent twice
// (https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2).
func Idempotent(request *http.Request) bool {
	switch request.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}

// WrappedRoundTripper lets client-go find the transport below.
func (r *Retrier) WrappedRoundTripper() http.RoundTripper { return r.Inner }

// RoundTrip implements http.RoundTripper.
func (r *Retrier) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, patience := request.Context(), r.Limits.Patience
	for attempt := 1; ; attempt++ {
		response, err := r.Inner.RoundTrip(request)
		asked, again := r.again(request, response, err)
		limited := err == nil && response.StatusCode == http.StatusTooManyRequests && patience > 0
		if !again || attempt >= r.Limits.Attempts && !limited {
			return response, err
		}
		pause, most := max(asked, r.pause(attempt)), r.Limits.MaxPause
		if limited {
			pause, most = max(asked, min(r.pause(attempt), most)), patience
			patience -= pause
		}
		if pause > most || overdue(ctx, pause) {
			return response, err
		}
		next, ok := Rewind(request)
		if !ok {
			return response, err
		}
		request = next
		discard(response)
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// again decides whether a request is sent once more; pause is what the server asks for.
func (r *Retrier) again(request *http.Request, response *http.Response, err error) (pause time.Duration, again bool) {
	repeatable := r.Repeatable
	if repeatable == nil {
		repeatable = Idempotent
	}
	if err != nil {
		return 0, !r.KeepErrors && isBroken(err) && repeatable(request)
	}
	pause, asked := RetryAfter(response)
	switch status := response.StatusCode; {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && asked:
		return pause, true
	case slices.Contains(Busy(), status):
		return pause, repeatable(request)
	case r.Refused != nil:
		return r.Refused(response)
	}
	return 0, false
}

// longestGrowth is how often a pause becomes longer.
const longestGrowth = 10

// pause grows from attempt to attempt, and differs by a tenth, so that clients do not come back all at once.
func (r *Retrier) pause(attempt int) time.Duration {
	pause := r.Limits.Pause
	for range min(attempt-1, longestGrowth) {
		pause *= 3
	}
	return pause + time.Duration(rand.Float64()*float64(pause)/10)
}

// isBroken recognises a connection that ended in mid-request.
func isBroken(err error) bool {
	for _, broken := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.EPIPE, syscall.ECONNRESET, net.ErrClosed} {
		if errors.Is(err, broken) {
			return true
		}
	}
	return false
}

// Rewind returns the request with its body from the start; ok is false where that can't be had again.
func Rewind(request *http.Request) (again *http.Request, ok bool) {
	if request.Body == nil || request.Body == http.NoBody {
		return request, true
	}
	if request.GetBody == nil {
		return nil, false
	}
	body, err := request.GetBody()
	if err != nil {
		return nil, false
	}
	next := request.WithContext(request.Context())
	next.Body = body
	return next, true
}

// RetryAfter reads an answer's Retry-After, which contains seconds or a date; ok is false where it has none:
// https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
func RetryAfter(response *http.Response) (pause time.Duration, ok bool) {
	text := response.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if date, err := http.ParseTime(text); err == nil {
		return time.Until(date), true
	}
	return 0, false
}

// AsksToWait is a Retrier's Refused for services that answer 403, rather than 429, to too many requests. It comes again
// where the answer names a time.
func AsksToWait(response *http.Response) (pause time.Duration, again bool) {
	pause, asked := RetryAfter(response)
	return pause, asked && response.StatusCode == http.StatusForbidden
}

// overdue reports whether the caller's own time is over before the pause is.
func overdue(ctx context.Context, pause time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < pause
}

// discard frees the connection for the next attempt, unless the rest of the answer is long.
func discard(response *http.Response) {
	if response != nil {
		_, _ = io.CopyN(io.Discard, response.Body, 64<<10)
		response.Body.Close()
	}
}

func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
