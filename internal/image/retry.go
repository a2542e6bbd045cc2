package image

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// retrier asks again after 429, 5xx and broken connections. It waits as long as the registry asks for in Retry-After,
// unless the work would be overdue by then: the answer is returned at once instead.
type retrier struct {
	inner   http.RoundTripper
	backoff remote.Backoff
	maxWait time.Duration
}

// RoundTrip implements http.RoundTripper.
func (r *retrier) RoundTrip(request *http.Request) (*http.Response, error) {
	backoff := r.backoff
	for attempt := 1; ; attempt++ {
		response, err := r.inner.RoundTrip(request)
		if attempt >= r.backoff.Steps || !passing(response, err) || !rewind(request) {
			return response, err
		}
		wait := max(backoff.Step(), retryAfter(response))
		if wait > r.maxWait || overdue(request.Context(), wait) {
			return response, err
		}
		discard(response)
		select {
		case <-request.Context().Done():
			return nil, context.Cause(request.Context())
		case <-time.After(wait):
		}
	}
}

// passing tells trouble that may be over in a moment.
func passing(response *http.Response, err error) bool {
	if err != nil {
		for _, broken := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.EPIPE, syscall.ECONNRESET, net.ErrClosed} {
			if errors.Is(err, broken) {
				return true
			}
		}
		return false
	}
	switch response.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// rewind makes a request's body ready to be sent again.
func rewind(request *http.Request) bool {
	if request.Body == nil || request.Body == http.NoBody {
		return true
	}
	if request.GetBody == nil {
		return false
	}
	body, err := request.GetBody()
	request.Body = body
	return err == nil
}

// retryAfter reads seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
func retryAfter(response *http.Response) time.Duration {
	if response == nil {
		return 0
	}
	text := response.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(text); err == nil {
		return time.Until(date)
	}
	return 0
}

func overdue(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < wait
}

// discard frees the connection; an error page that is long is not worth it.
func discard(response *http.Response) {
	if response != nil {
		_, _ = io.CopyN(io.Discard, response.Body, 64<<10)
		response.Body.Close()
	}
}
