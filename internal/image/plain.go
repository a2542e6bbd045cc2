package image

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// plainHTTPError refuses to send credentials, or to take an image's word, over a line that anyone can change.
type plainHTTPError struct{ host string }

func (e *plainHTTPError) Error() string {
	return fmt.Sprintf("%s speaks no HTTPS, and plain HTTP is for loopback alone; "+
		"name it in insecure-registries if the network between can be trusted", e.host)
}

// RequireTLS returns a transport for registries that lets plain HTTP through to loopback and to the hosts that plain
// names ("host:port"), to no other: credentials are not for everyone on the way to read. Its error says how to name one.
func RequireTLS(inner http.RoundTripper, plain []string) http.RoundTripper {
	return &tlsGuard{inner: inner, plain: plain}
}

// tlsGuard lets plain HTTP through to loopback and to the hosts that were named, to no other.
type tlsGuard struct {
	inner http.RoundTripper
	plain []string
}

// RoundTrip implements http.RoundTripper.
func (g *tlsGuard) RoundTrip(request *http.Request) (*http.Response, error) {
	host := request.URL.Host
	allowed := isLoopback(request.URL.Hostname()) || slices.Contains(g.plain, host)
	if request.URL.Scheme == "http" && !allowed {
		return nil, &plainHTTPError{host: host}
	}
	response, err := g.inner.RoundTrip(request)
	if shake := (tls.RecordHeaderError{}); !allowed && errors.As(err, &shake) && string(shake.RecordHeader[:]) == "HTTP/" {
		return nil, &plainHTTPError{host: host}
	}
	return response, err
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	if err != nil {
		return host == "localhost" || strings.HasSuffix(host, ".localhost")
	}
	return address.Unmap().IsLoopback()
}

// checkRedirect keeps a registry on the network from sending us to a machine of our own, such as a cloud's metadata
// service. Its own host may redirect within itself.
func checkRedirect(request *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return errors.New("more than 10 redirects")
	}
	from, to := via[0].URL.Hostname(), request.URL.Hostname()
	if from != to && isInner(to) && !isLoopback(from) {
		return fmt.Errorf("%s redirects to the private address %s, which is not followed", from, to)
	}
	return nil
}

func isInner(host string) bool {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return isLoopback(host)
	}
	a = a.Unmap()
	return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsUnspecified()
}
