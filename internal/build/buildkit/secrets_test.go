package buildkit

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/buildkit/session/auth"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// A registry can echo what BuildKit sends it, and BuildKit prints it.
func TestExplain_hides_what_BuildKit_was_given_for_a_registry(t *testing.T) {
	d := &daemon{endpoint: build.Endpoint{Address: "tcp://builder:1234"}}
	server := credentials(password("s3cret-pass"), &d.secrets).(auth.AuthServer)
	if _, err := server.Credentials(t.Context(), &auth.CredentialsRequest{Host: "registry.example"}); err != nil {
		t.Fatal(err)
	}
	ref, err := name.NewTag("registry.example/cart:1")
	if err != nil {
		t.Fatal(err)
	}
	spec := build.Spec{Name: "cart", Reference: ref}
	for _, said := range []string{
		"failed to push registry.example/cart:1: 403 Forbidden: not with s3cret-pass",
		"failed to do request: Head \"https://registry.example\": s3cret-pass",
	} {
		text := explain(t.Context(), errors.New(said), spec, part{daemon: d}, nil).Error()
		if strings.Contains(text, "s3cret") || !strings.Contains(text, "***") {
			t.Errorf("got %s", text)
		}
	}
}

// password is a keychain with one pair of credentials.
type password string

// Resolve implements authn.Keychain.
func (p password) Resolve(authn.Resource) (authn.Authenticator, error) {
	return authn.FromConfig(authn.AuthConfig{Username: "shop", Password: string(p)}), nil
}
