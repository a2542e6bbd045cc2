package transport

import (
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// Limit returns a transport that ends what takes longer than the limits with a *TimeoutError: the request, and reads of
// its answer's body; and what is longer with a *SizeError. It never sends anything twice.
func Limit(inner http.RoundTripper, l Limits) http.RoundTripper {
	if l.open == nil {
		l.open = new(atomic.Int64)
	}
	return &limiter{inner: inner, limits: l}
}

type limiter struct {
	inner  http.RoundTripper
	limits Limits
}

// WrappedRoundTripper lets client-go find the transport below.
func (l *limiter) WrappedRoundTripper() http.RoundTripper { return l.inner }

// RoundTrip implements http.RoundTripper.
func (l *limiter) RoundTrip(request *http.Request) (*http.Response, error) {
	limits := l.limits
	if limits.Stream != nil && limits.Stream(request) {
		limits.Silence, limits.Total, limits.Size = 0, 0, 0
	}
	ctx, w := newWatchdog(request.Context(), request.URL.Host, limits)
	w.wait(Answering)
	watched := request.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { w.wait(Connecting) },
		GotConn: func(httptrace.GotConnInfo) { w.wait(Answering) },
	}))
	watchBody(watched, w)
	response, err := l.inner.RoundTrip(watched)
	w.answered()
	if err != nil {
		defer w.end()
		return nil, w.explain(err)
	}
	if response.StatusCode == http.StatusSwitchingProtocols {
		return response, nil // its body is a connection, in both directions
	}
	response.Body = &responseBody{ReadCloser: response.Body, watchdog: w}
	return response, nil
}

// watchBody has the wait for an answer begin anew with each piece of the request's body that the server takes.
func watchBody(request *http.Request, w *watchdog) {
	if request.Body == nil || request.Body == http.NoBody {
		return
	}
	request.Body = &requestBody{request.Body, w}
	if again := request.GetBody; again != nil {
		request.GetBody = func() (io.ReadCloser, error) {
			body, err := again()
			return &requestBody{body, w}, err
		}
	}
}

type requestBody struct {
	io.ReadCloser
	watchdog *watchdog
}

// Read implements io.Reader.
func (b *requestBody) Read(p []byte) (int, error) {
	b.watchdog.sending()
	return b.ReadCloser.Read(p)
}

// responseBody counts silence only while somebody reads: a stream that is put aside for a while is no server's fault.
type responseBody struct {
	io.ReadCloser
	watchdog *watchdog
}

// Read implements io.Reader.
func (b *responseBody) Read(p []byte) (int, error) {
	b.watchdog.wait(Receiving)
	n, err := b.ReadCloser.Read(p)
	if b.watchdog.received(n) {
		return 0, &SizeError{Host: b.watchdog.host, Limit: b.watchdog.limits.Size}
	}
	if err != nil {
		// io.EOF, too: a connection over TLS says goodbye when it is cancelled, and a server may end its answer at that.
		return n, b.watchdog.brokenOff(err)
	}
	return n, nil
}

// Close implements io.Closer.
func (b *responseBody) Close() error {
	defer b.watchdog.end()
	return b.ReadCloser.Close()
}
