package google

import (
	"context"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
)

// Keychain knows Artifact Registry, and gcr.io, which it serves by now. Any other registry is anonymous to it.
func (a *Account) Keychain() authn.Keychain { return keychain{a} }

type keychain struct{ account *Account }

// Resolve implements authn.Keychain.
func (k keychain) Resolve(resource authn.Resource) (authn.Authenticator, error) {
	if !isRegistry(resource.RegistryStr()) {
		return authn.Anonymous, nil
	}
	return k, nil
}

// isRegistry tells Google's registries by their names.
// https://docs.cloud.google.com/artifact-registry/docs/docker/authentication
func isRegistry(host string) bool {
	return host == "gcr.io" || strings.HasSuffix(host, ".gcr.io") || strings.HasSuffix(host, ".pkg.dev")
}

// Authorization implements authn.Authenticator.
func (k keychain) Authorization() (*authn.AuthConfig, error) {
	return k.AuthorizationContext(context.Background())
}

// AuthorizationContext implements authn.ContextAuthenticator. It is asked anew whenever the registry wants a token, so
// that a push outlives the access token that it started with.
// https://docs.cloud.google.com/artifact-registry/docs/docker/authentication#token
func (k keychain) AuthorizationContext(ctx context.Context) (*authn.AuthConfig, error) {
	token, err := k.account.credential.Token(ctx)
	if err != nil {
		return nil, err
	}
	return &authn.AuthConfig{Username: "oauth2accesstoken", Password: token}, nil
}
