package buildkit

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/docker/cli/cli/config/types"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth"
	"github.com/moby/buildkit/session/auth/authprovider"
)

// credentials answers BuildKit's questions for registry credentials from a keychain.
func credentials(keychain authn.Keychain) session.Attachable {
	provider := authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{
		AuthConfigProvider: func(ctx context.Context, host string, _ []string, _ authprovider.ExpireCachedAuthCheck) (types.AuthConfig, error) {
			return authConfig(ctx, keychain, host)
		},
	})
	return &authority{AuthServer: provider.(auth.AuthServer), seed: []byte(rand.Text())}
}

func authConfig(ctx context.Context, keychain authn.Keychain, host string) (types.AuthConfig, error) {
	if host == authprovider.DockerHubRegistryHost {
		host = name.DefaultRegistry
	}
	registry, err := name.NewRegistry(host)
	if err != nil {
		return types.AuthConfig{}, fmt.Errorf("looking for credentials: %w", err)
	}
	found, err := authn.Resolve(ctx, keychain, registry)
	if err != nil {
		return types.AuthConfig{}, fmt.Errorf("looking for credentials of %s: %w", host, err)
	}
	config, err := authn.Authorization(ctx, found)
	if err != nil {
		return types.AuthConfig{}, fmt.Errorf("reading credentials of %s: %w", host, err)
	}
	return types.AuthConfig{
		Username:      config.Username,
		Password:      config.Password,
		IdentityToken: config.IdentityToken,
		RegistryToken: config.RegistryToken,
		ServerAddress: host,
	}, nil
}
