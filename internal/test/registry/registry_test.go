package registry_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	registrytest "github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

func TestRegistry_gives_back_what_was_pushed_by_whom_it_lets_in(t *testing.T) {
	tokens := registrytest.Options{Username: "shop", Password: "secret"}
	wrong := authn.FromConfig(authn.AuthConfig{Username: "shop", Password: "guess"})
	for _, test := range []struct {
		name string
		opts registrytest.Options
		auth authn.Authenticator // nil takes the registry's own keychain
		want int                 // status of the refusal
	}{
		{"everyone_without_tokens", registrytest.Options{}, authn.Anonymous, 0},
		{"the_right_password", tokens, nil, 0},
		{"no_password", tokens, authn.Anonymous, http.StatusUnauthorized},
		{"a_wrong_password", tokens, wrong, http.StatusUnauthorized},
	} {
		t.Run(test.name, func(t *testing.T) {
			registry := registrytest.Start(t, test.opts)
			auth := remote.WithAuthFromKeychain(registry.Keychain)
			if test.auth != nil {
				auth = remote.WithAuth(test.auth)
			}
			if diff := cmp.Diff(test.want, roundTrip(t, registry.Host, auth)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// roundTrip pushes and pulls an index; it returns the status of a refusal, or 0.
func roundTrip(t *testing.T, host string, auth remote.Option) int {
	t.Helper()
	index, err := random.Index(64, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(host + "/shop/cart:1")
	if err != nil {
		t.Fatal(err)
	}
	err = remote.WriteIndex(ref, index, auth)
	if refused := (*transport.Error)(nil); errors.As(err, &refused) {
		return refused.StatusCode
	}
	if err != nil {
		t.Fatal(err)
	}
	pushed, _ := index.Digest()
	got, err := remote.Get(ref, auth)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pushed, got.Digest); diff != "" {
		t.Error(diff)
	}
	return 0
}
