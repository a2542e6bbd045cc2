//go:build engines

package buildkit_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

const user, password = "deployer", "hunter2"

func TestBuild_signs_in_to_the_registry(t *testing.T) {
	address := buildkit.Start(t)
	dir := folder(t, "", map[string]string{"Dockerfile": "FROM scratch\nCOPY Dockerfile /\n"})
	for name, options := range map[string]registry.Options{
		"that_gives_tokens":         {Username: user, Password: password},
		"that_knows_passwords_only": {Wrap: askPassword},
	} {
		t.Run(name, func(t *testing.T) {
			s := spec(t, registry.Start(t, options).Host, "cart", dir)
			b, _ := builder(address)
			if _, err := b.Build(t.Context(), []build.Spec{s}); err == nil || !strings.Contains(err.Error(), "401") {
				t.Errorf("without credentials: got error %v, want one with 401", err)
			}

			b.Keychain = known{}
			digests, err := b.Build(t.Context(), []build.Spec{s})
			if err != nil {
				t.Fatal(err)
			}
			if descriptor, err := remote.Head(s.Reference, remote.WithAuthFromKeychain(known{})); err != nil ||
				descriptor.Digest != digests[0] {
				t.Errorf("%s holds %v (%v), want %s", s.Reference, descriptor, err, digests[0])
			}
		})
	}
}

// known is a keychain with one pair of credentials.
type known struct{}

func (known) Resolve(authn.Resource) (authn.Authenticator, error) {
	return authn.FromConfig(authn.AuthConfig{Username: user, Password: password}), nil
}

// askPassword stands before a registry and lets in who knows the password.
func askPassword(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u, p, _ := r.BasicAuth(); u != user || p != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			http.Error(w, "401 unauthorized", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}
