package google

import (
	"context"
	"net/http"

	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
)

// The hosts that are asked.
const (
	stsHost         = "sts.googleapis.com"
	credentialsHost = "iamcredentials.googleapis.com"
	containerHost   = "container.googleapis.com"
	hubHost         = "gkehub.googleapis.com"
	managerHost     = "cloudresourcemanager.googleapis.com"
)

// API returns a client for Google's APIs that is signed in as the account, with tokens that are renewed where that is
// due. advise says what to do about a refusal that is no common one.
func (a *Account) API(advise func(*googleapi.Refusal) string) *googleapi.Client {
	return a.api(a.credential.Transport(a.transport()), advise)
}

// api is a client whose requests go out through transport.
func (a *Account) api(transport http.RoundTripper, advise func(*googleapi.Refusal) string) *googleapi.Client {
	return &googleapi.Client{Transport: transport, Complete: func(r *googleapi.Refusal) { a.complete(r, advise) }}
}

// complete adds to a refusal the job's claims, and what to do about it.
func (a *Account) complete(r *googleapi.Refusal, advise func(*googleapi.Refusal) string) {
	r.Claims = a.claim()
	if r.Advice = googleapi.CommonAdvice(r); r.Advice == "" {
		r.Advice = advise(r)
	}
}

// Retry calls try until it succeeds, or until a refusal can't be the delay with which Google makes a new role or API
// known. what says what was refused.
func (a *Account) Retry(ctx context.Context, what string, try func(context.Context) error) error {
	return a.job.Retry(ctx, what, googleapi.MayBeDelay, try)
}

// transport is what requests go out through, without a token.
func (a *Account) transport() http.RoundTripper { return a.job.Retrying(nil).Transport }
