package image

import (
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// userAgent names this program in the registries' logs.
const userAgent = "multiarch-deploy"

// Options says how registries are spoken to. Start from DefaultOptions.
type Options struct {
	// Keychain finds the credentials for a registry; nil is anonymous.
	Keychain authn.Keychain
	// Transport carries the requests; nil is remote.DefaultTransport, which follows the proxy variables.
	Transport http.RoundTripper
	// PlainHTTP names the registries ("host:port") that may be spoken to over plain HTTP; those on loopback may always.
	PlainHTTP []string
	// Timeout bounds what is done to resolve one reference, Reading what is done to inspect the layers of all.
	Timeout, Reading time.Duration
	// Silence is how long a registry may send nothing before it counts as hanging.
	Silence time.Duration
	// Backoff spaces the attempts after 429, 5xx and broken connections; Steps counts all of them. A refused connection
	// is not tried again.
	Backoff remote.Backoff
	// MaxWait is the longest Retry-After that is obeyed.
	MaxWait time.Duration
	// Jobs bounds the references read side by side, within each the platforms, and the layers of all.
	Jobs int
	// Limits bound what is read of a layer.
	Limits rootfs.Limits
}

// DefaultOptions uses docker's own credentials, waits 30 s for a reference, 10 min for layers and 10 s in silence, tries
// three times within about 1.2 s or as the registry asks for, up to 20 s, and reads 8 references at once.
func DefaultOptions() Options {
	return Options{
		Keychain: authn.DefaultKeychain,
		Timeout:  30 * time.Second,
		Reading:  10 * time.Minute,
		Silence:  10 * time.Second,
		Backoff:  remote.Backoff{Duration: 300 * time.Millisecond, Factor: 3, Jitter: 0.1, Steps: 3},
		MaxWait:  20 * time.Second,
		Jobs:     8,
		Limits:   rootfs.DefaultLimits(),
	}
}

// transport joins all that stands between a client and the network.
func (o Options) transport() http.RoundTripper {
	inner := o.Transport
	if inner == nil {
		inner = remote.DefaultTransport
	}
	guarded := &guard{inner: &tlsGuard{inner: inner, plain: o.PlainHTTP}, silence: o.Silence}
	return transport.NewUserAgent(&retrier{inner: guarded, backoff: o.Backoff, maxWait: o.MaxWait}, userAgent)
}
