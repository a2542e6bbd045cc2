package registry_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"

	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

const indexType = "application/vnd.oci.image.index.v1+json"

// client waits a second where others wait longer.
func client(change ...func(*registry.Options)) *registry.Client {
	opts := registry.DefaultOptions()
	opts.Keychain = nil
	const soon = time.Second
	opts.Reads.Headers, opts.Reads.Silence, opts.Reads.Pause = soon, soon, time.Millisecond
	opts.Writes.Headers, opts.Writes.Silence, opts.Writes.Pause = soon, soon, time.Millisecond
	for _, c := range change {
		c(&opts)
	}
	return registry.New(opts)
}

// patient waits as long as in a run: a busy machine may need a moment for megabytes.
func patient(opts *registry.Options) { opts.Reads = registry.DefaultOptions().Reads }

// serve starts a registry of one's own and returns its host and port.
func serve(t testing.TB, handler http.Handler) (host string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return strings.TrimPrefix(server.URL, "http://")
}

// real is a registry that works.
func real() http.Handler { return ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0))) }

func tag(t testing.TB, text string) name.Tag {
	t.Helper()
	ref, err := name.NewTag(text)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// signedIn is a keychain with one answer.
type signedIn authn.AuthConfig

// Resolve implements authn.Keychain.
func (s signedIn) Resolve(authn.Resource) (authn.Authenticator, error) {
	return authn.FromConfig(authn.AuthConfig(s)), nil
}

func with(keychain authn.Keychain) func(*registry.Options) {
	return func(opts *registry.Options) { opts.Keychain = keychain }
}
