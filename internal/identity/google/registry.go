package google

import (
	"context"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
)

// Keychain knows Artifact Registry, and gcr.io, which it serves by now. Any other registry is anonymous to it.
func (a *Account) Keychain() authn.Keychain { return keychain{a} }

type keychain struct{ account *Account }

// Resolve implements authn.Keychain.
func (k keychain) Resolve(resource authn.Resource) (authn.Authenticator, error) {
	if !googleapi.IsRegistry(resource.RegistryStr()) {
		return authn.Anonymous, nil
	}
	return k, nil
}

// Grant is the command that lets the account pull a repository of Artifact Registry, or push to it, or "" for any
// other. https://docs.cloud.google.com/artifact-registry/docs/access-control#roles
func (a *Account) Grant(repository string, push bool) string {
	parts := strings.Split(repository, "/")
	location, docker := strings.CutSuffix(parts[0], "-docker.pkg.dev")
	claims := a.claims.Load()
	if !docker || len(parts) < 3 || claims == nil {
		return ""
	}
	role := "roles/artifactregistry.reader"
	if push {
		role = "roles/artifactregistry.writer"
	}
	return "Grant the role; it takes some minutes to work:\n" +
		googleapi.Command("gcloud artifacts repositories add-iam-policy-binding "+parts[2], "--location="+location,
			"--project="+parts[1],
			"--role="+role, "--member='"+a.member(claims.Subject)+"'")
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
