// Package google signs a job in to Google Cloud by workload identity federation, finds GKE clusters, and gives the
// keychain of Artifact Registry. It stores nothing: each token is exchanged for a new ID token of the job.
package google

import (
	"context"
	"sync/atomic"

	"golang.org/x/oauth2"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
)

// cloudPlatform is the scope of every token; what it may be used for is decided by IAM roles alone.
// https://docs.cloud.google.com/iam/docs/workload-identity-federation#credential-access
const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform"

// Options say who signs in, and to which cluster. The inputs have been checked.
type Options struct {
	// Provider is projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER.
	Provider string
	// ServiceAccount is the e-mail address of the service account to act as; "" signs in directly, as the job itself.
	ServiceAccount string
	// Cluster is projects/P/locations/L/clusters/C or, for the Connect Gateway, projects/P/locations/L/memberships/M.
	Cluster  string
	Endpoint identity.Endpoint
}

// Account is the job signed in to Google Cloud. It is safe for concurrent use.
type Account struct {
	options    Options
	provider   provider
	job        federation.Job
	credential *federation.Credential
	// claims are those of the ID token exchanged last: whatever Google refuses, people need them to grant it.
	claims atomic.Pointer[federation.Claims]
}

// New returns an account that gets its first token when one is needed.
func New(options Options, job federation.Job) *Account {
	a := &Account{options: options, provider: parseProvider(options.Provider), job: job}
	a.credential = federation.NewCredential(a.mint)
	return a
}

// mint exchanges a new ID token of the job for an access token: the job's own, or that of the service account. Google
// lets a token of the job's own live for minutes, whatever its documentation promises
// (https://github.com/google-github-actions/auth/issues/474), and one of a service account for an hour.
func (a *Account) mint(ctx context.Context) (federation.Token, error) {
	var token *oauth2.Token
	err := a.Retry(ctx, "Google Cloud refused the sign-in", func(ctx context.Context) (err error) {
		token, err = a.federate(ctx)
		if err == nil && a.options.ServiceAccount != "" {
			token, err = a.impersonate(ctx, token)
		}
		return err
	})
	if err != nil {
		return federation.Token{}, err
	}
	return federation.Token{Value: token.AccessToken, Expires: token.Expiry}, nil
}
