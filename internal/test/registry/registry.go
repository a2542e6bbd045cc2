// Package registry serves registries to tests: the distribution project's own, the code behind Docker's registry
// image, in this process. It is no part of the program.
package registry

import (
	"crypto/rand"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/distribution/distribution/v3/configuration"
	_ "github.com/distribution/distribution/v3/registry/auth/token" // the registry finds it by name
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/inmemory" // the registry finds it by name
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/sirupsen/logrus"
)

// Options say what kind of registry to start. The zero Options let everyone read and write.
type Options struct {
	// Username and Password are the only credentials that get tokens; without them there are none to be had.
	Username, Password string
	// Delete lets clients delete tags and manifests.
	Delete bool
	// Wrap, if not nil, is in front of the registry: it can look at requests, and answer some itself.
	Wrap func(http.Handler) http.Handler
}

// Registry is a registry that runs until its test ends. It keeps all in memory.
type Registry struct {
	// Host is its address, host:port on loopback, spoken to over plain HTTP.
	Host string
	// Keychain holds the credentials; it is anonymous where there are none.
	Keychain authn.Keychain
}

// Start starts an empty registry.
func Start(t testing.TB, opts Options) *Registry {
	t.Helper()
	logrus.SetOutput(io.Discard) // the registry logs each request there, and has no setting for another place
	mux := http.NewServeMux()
	server := httptest.NewUnstartedServer(mux)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the registry writes some headers twice
	server.Start()
	config := &configuration.Configuration{
		Storage: configuration.Storage{
			"inmemory":    nil,
			"maintenance": {"uploadpurging": map[any]any{"enabled": false}},
			"delete":      {"enabled": opts.Delete},
		},
	}
	config.HTTP.Secret = rand.Text()
	registry := &Registry{Host: strings.TrimPrefix(server.URL, "http://"), Keychain: authn.NewMultiKeychain()}
	if opts.Username != "" {
		tokens := newTokenServer(t, opts.Username, opts.Password)
		mux.Handle("/token", tokens)
		config.Auth = configuration.Auth{"token": tokens.parameters(t, server.URL+"/token")}
		registry.Keychain = keychain{registry.Host,
			authn.FromConfig(authn.AuthConfig{Username: opts.Username, Password: opts.Password})}
	}
	app := handlers.NewApp(t.Context(), config)
	t.Cleanup(func() { _ = app.Shutdown() }) // it holds nothing but memory
	var handler http.Handler = app
	if opts.Wrap != nil {
		handler = opts.Wrap(app)
	}
	mux.Handle("/v2/", handler)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections) // runs first: a client that hangs would hold up Close
	return registry
}

// keychain has credentials for one host.
type keychain struct {
	host          string
	authenticator authn.Authenticator
}

// Resolve implements authn.Keychain.
func (k keychain) Resolve(resource authn.Resource) (authn.Authenticator, error) {
	if resource.RegistryStr() == k.host {
		return k.authenticator, nil
	}
	return authn.Anonymous, nil
}
