package registry

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// overHTTPS lets plain HTTP through to loopback and to the hosts that were named, to no other.
type overHTTPS struct {
	inner http.RoundTripper
	plain []string
}

// RoundTrip implements http.RoundTripper.
func (o *overHTTPS) RoundTrip(request *http.Request) (*http.Response, error) {
	host := request.URL.Host
	allowed := allowsPlain(host, o.plain)
	if request.URL.Scheme == "http" && !allowed {
		return nil, &plainHTTPError{host: host}
	}
	response, err := o.inner.RoundTrip(request)
	if shake := (tls.RecordHeaderError{}); !allowed && errors.As(err, &shake) && string(shake.RecordHeader[:]) == "HTTP/" {
		return nil, &plainHTTPError{host: host}
	}
	return response, err
}

// allowsPlain takes a host with or without its port.
func allowsPlain(host string, plain []string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return isLoopback(name) || slices.Contains(plain, host)
}

// IsLoopback reports whether a registry ("host:port") is on this machine. Plain HTTP to it passes no line that others
// can read.
func IsLoopback(registry string) bool { return allowsPlain(registry, nil) }

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
