// Package azure signs a job in to Microsoft Entra by workload identity federation, and with that to AKS and to Azure
// Container Registry. Nothing is stored: each token is got with a new ID token of the job.
package azure

import (
	"context"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
)

// Options say who signs in, where, and to which cluster.
type Options struct {
	// ClientID is that of an app registration or a user-assigned managed identity, TenantID that of its directory.
	ClientID, TenantID string
	Environment        Environment
	// Cluster is a name, with SubscriptionID and ResourceGroup, or a resource ID.
	Cluster, SubscriptionID, ResourceGroup string
	// Endpoint is EndpointAuto, EndpointPublic or EndpointPrivate.
	Endpoint identity.Endpoint
}

// Account is an identity in Entra that a job can act as.
type Account struct {
	options Options
	job     federation.Job
	cloud   environment
}

// New returns the account. Nothing is asked of Azure yet.
func New(opts Options, job federation.Job) *Account {
	return &Account{options: opts, job: job, cloud: environmentNamed(opts.Environment)}
}

// token gets a new access token for a scope, masked. A refusal is explained; one that may come of a set-up made a
// moment ago is tried again for a while.
func (a *Account) token(ctx context.Context, scope string) (federation.Token, error) {
	var token azcore.AccessToken
	err := a.job.Retry(ctx, "Microsoft Entra does not trust this job yet", mayBeDelay, func(ctx context.Context) error {
		var err error
		token, err = a.mint(ctx, scope)
		return err
	})
	if err != nil {
		return federation.Token{}, err
	}
	return federation.Token{Value: token.Token, Expires: token.ExpiresOn}, nil
}

// mint makes a credential for each token, since one that is kept would answer from its cache, and a token that was
// refused has to be replaced.
func (a *Account) mint(ctx context.Context, scope string) (azcore.AccessToken, error) {
	var claims federation.Claims
	var refused error // by GitHub, which the SDK wraps among its own words
	assertion := func(ctx context.Context) (string, error) {
		token, err := a.job.IDToken(ctx, a.cloud.audience)
		claims, refused = federation.ReadClaims(token), err
		return token, err
	}
	credential, err := azidentity.NewClientAssertionCredential(a.options.TenantID, a.options.ClientID, assertion,
		&azidentity.ClientAssertionCredentialOptions{
			ClientOptions: a.clientOptions(),
			// The authority is one of our own table, so there is no need to ask for a list of those to trust.
			DisableInstanceDiscovery: true,
		})
	if err != nil {
		return azcore.AccessToken{}, fmt.Errorf("signing in to Microsoft Entra: %w", err)
	}
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
	a.job.Mask(token.Token)
	switch {
	case refused != nil:
		return azcore.AccessToken{}, refused
	case err != nil:
		return azcore.AccessToken{}, a.explain(err, claims)
	}
	return token, nil
}

// clientOptions leave it to the job's HTTP client to send requests again, as for any other cloud. All requests ask for
// tokens, or for the cluster's address, so that any may be sent twice.
func (a *Account) clientOptions() azcore.ClientOptions {
	return azcore.ClientOptions{
		Cloud: a.cloud.cloud, Transport: a.job.Retrying(federation.AnyRequest), Retry: policy.RetryOptions{MaxRetries: -1},
	}
}

// GetToken implements azcore.TokenCredential, for the SDK's clients.
func (a *Account) GetToken(ctx context.Context, request policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := a.token(ctx, request.Scopes[0])
	return azcore.AccessToken{Token: token.Value, ExpiresOn: token.Expires}, err
}
