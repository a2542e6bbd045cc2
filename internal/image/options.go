package image

import (
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// userAgent names this program in the registries' logs.
const userAgent = "multiarch-deploy"

// Options says how registries are spoken to. Start from DefaultOptions.
type Options struct {
	// Keychain finds the credentials for a registry; nil is anonymous.
	Keychain authn.Keychain
	// Transport carries the requests; nil is remote.DefaultTransport, which follows the proxy variables.
	Transport http.RoundTripper
	// Timeout bounds all that is done for one reference.
	Timeout time.Duration
	// Silence is how long a registry may send nothing before it counts as hanging.
	Silence time.Duration
	// Backoff spaces the attempts after 429, 5xx and broken connections. A refused connection is not tried again.
	Backoff remote.Backoff
	// Jobs bounds the references read side by side, and within each the platforms.
	Jobs int
}

// DefaultOptions uses docker's own credentials, waits 30 s in all and 10 s in silence, tries three
// times within about 1.2 s, and reads 8 references at once.
func DefaultOptions() Options {
	return Options{
		Keychain: authn.DefaultKeychain,
		Timeout:  30 * time.Second,
		Silence:  10 * time.Second,
		Backoff:  remote.Backoff{Duration: 300 * time.Millisecond, Factor: 3, Jitter: 0.1, Steps: 3},
		Jobs:     8,
	}
}

// puller turns the options into a client that keeps connections and tokens for all references.
func (o Options) puller() (*remote.Puller, error) {
	transport := o.Transport
	if transport == nil {
		transport = remote.DefaultTransport
	}
	options := []remote.Option{
		remote.WithTransport(&guard{inner: transport, silence: o.Silence}),
		remote.WithRetryBackoff(o.Backoff),
		remote.WithUserAgent(userAgent),
		remote.WithJobs(o.Jobs),
	}
	if o.Keychain != nil {
		options = append(options, remote.WithAuthFromKeychain(o.Keychain))
	}
	return remote.NewPuller(options...)
}
