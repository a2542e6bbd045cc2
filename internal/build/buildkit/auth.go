package buildkit

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"github.com/docker/cli/cli/config/types"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth"
	"github.com/moby/buildkit/session/auth/authprovider"
	"google.golang.org/grpc"

	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// credentials answers BuildKit's questions for registry credentials from a keychain, and notes what it hands out.
func credentials(keychain authn.Keychain, secrets *registry.Secrets) session.Attachable {
	provider := authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{
		AuthConfigProvider: func(ctx context.Context, host string, _ []string,
			_ authprovider.ExpireCachedAuthCheck) (types.AuthConfig, error) {
			return authConfig(ctx, keychain, host)
		},
	})
	return &authority{AuthServer: provider.(auth.AuthServer), secrets: secrets, seed: []byte(rand.Text())}
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

// authority proves to BuildKit that two of its questions come from one client, which may then share registry tokens.
// authprovider keeps what that is proven with in a file of the home directory; here it lives as long as the session,
// and nothing is left behind.
type authority struct {
	auth.AuthServer
	secrets *registry.Secrets
	seed    []byte
}

// Credentials implements auth.AuthServer.
func (a *authority) Credentials(ctx context.Context, request *auth.CredentialsRequest) (*auth.CredentialsResponse,
	error) {
	found, err := a.AuthServer.Credentials(ctx, request)
	a.secrets.Add(found.GetSecret())
	return found, err
}

// FetchToken implements auth.AuthServer.
func (a *authority) FetchToken(ctx context.Context, request *auth.FetchTokenRequest) (*auth.FetchTokenResponse, error) {
	found, err := a.AuthServer.FetchToken(ctx, request)
	a.secrets.Add(found.GetToken())
	return found, err
}

// Register implements session.Attachable.
func (a *authority) Register(server *grpc.Server) { auth.RegisterAuthServer(server, a) }

// GetTokenAuthority implements auth.AuthServer.
func (a *authority) GetTokenAuthority(ctx context.Context,
	request *auth.GetTokenAuthorityRequest) (*auth.GetTokenAuthorityResponse, error) {
	key, err := a.key(ctx, request.Host, request.Salt)
	if err != nil {
		return nil, err
	}
	return &auth.GetTokenAuthorityResponse{PublicKey: key.Public().(ed25519.PublicKey)}, nil
}

// VerifyTokenAuthority implements auth.AuthServer: a signature with its payload behind it, as NaCl writes them.
func (a *authority) VerifyTokenAuthority(ctx context.Context,
	request *auth.VerifyTokenAuthorityRequest) (*auth.VerifyTokenAuthorityResponse, error) {
	key, err := a.key(ctx, request.Host, request.Salt)
	if err != nil {
		return nil, err
	}
	return &auth.VerifyTokenAuthorityResponse{Signed: append(ed25519.Sign(key, request.Payload), request.Payload...)}, nil
}

// key is another one for each BuildKit, by its salt, so that they can't compare. All who have no credentials have the
// same: https://github.com/moby/buildkit/blob/v0.30.0/session/auth/authprovider/authprovider.go
func (a *authority) key(ctx context.Context, host string, salt []byte) (ed25519.PrivateKey, error) {
	found, err := a.Credentials(ctx, &auth.CredentialsRequest{Host: host})
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, salt)
	if found.Secret != "" {
		mac.Write(append([]byte(host+"\n"), a.seed...))
	}
	return ed25519.NewKeyFromSeed(mac.Sum(nil)), nil
}
