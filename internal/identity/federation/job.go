// Package federation is what signing in to any cloud by workload identity federation has in common: the job that
// signs in, its ID token's claims, and a credential that renews itself.
package federation

import (
	"context"
	"net/http"

	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

// Job is what a workflow job brings to a sign-in. All fields are needed.
type Job struct {
	// IDToken returns a new OIDC token of the job for an audience, masked already.
	IDToken func(ctx context.Context, audience string) (string, error)
	// Mask hides a secret from the log. Call it on the line after the secret is received.
	Mask func(secret string)
	// Say reports what takes long, and why.
	Say func(format string, args ...any)
	// HTTP reaches the cloud, within limits of time. It sends nothing twice; Retrying does.
	HTTP *http.Client
	// Patience is for set-ups that were made a moment ago.
	Patience Patience
}

// Retrying returns a client that sends requests again where the cloud is in trouble, as far as repeatable allows that;
// nil allows it for idempotent ones. It takes no redirect to another host: requests for tokens have secrets in their
// bodies, which net/http would send along.
func (j Job) Retrying(repeatable func(*http.Request) bool) *http.Client {
	inner := j.HTTP.Transport
	if inner == nil {
		inner = http.DefaultTransport
	}
	return &http.Client{
		Transport: &transport.Retrier{Inner: transport.Scrub(inner), Limits: transport.For(transport.Cloud),
			Repeatable: repeatable},
		CheckRedirect: transport.SameHost,
	}
}

// AnyRequest is for Retrying: a request for a token does no harm when it is sent twice.
func AnyRequest(*http.Request) bool { return true }
