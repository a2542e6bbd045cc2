package transport

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// New returns a transport that keeps to the limits, repeats idempotent requests, and scrubs refusals. It follows the
// proxy variables.
func New(l Limits) http.RoundTripper {
	return &Retrier{Inner: Scrub(Limit(Base(l), l)), Limits: l}
}

// Base returns a transport to set up further, such as with a client certificate: it follows the proxy variables, speaks
// HTTP/2, and keeps to Connect alone. Wrap it with Limit.
func Base(l Limits) *http.Transport {
	// A little later than Limit, whose error names the host and the limit.
	connect := l.Connect + time.Second
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: connect, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   connect,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          100,
		MaxIdleConnsPerHost:   50,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

// SameHost is a CheckRedirect that keeps a request, and the credentials on it, at the host it was made for.
func SameHost(request *http.Request, via []*http.Request) error {
	const most = 10 // as net/http
	first := via[0].URL
	switch to := request.URL; {
	case len(via) >= most:
		return fmt.Errorf("more than %d redirects", most)
	case to.Host != first.Host:
		return fmt.Errorf("%s redirects to another host, %s, which is not followed", first.Host, to.Host)
	case to.Scheme != first.Scheme && to.Scheme != "https":
		return fmt.Errorf("%s redirects from %s to %s, which is not followed", first.Host, first.Scheme, to.Scheme)
	}
	return nil
}
