// Package federation holds what signing in to any cloud by workload identity federation has in common: the job that
// signs in, its ID token's claims, and a credential that renews itself.
package federation

import (
	"context"
	"net/http"
)

// Job is what a workflow job brings to a sign-in. All fields are needed.
type Job struct {
	// IDToken returns a new OIDC token of the job for an audience, masked already.
	IDToken func(ctx context.Context, audience string) (string, error)
	// Mask hides a secret from the log. Call it on the line after the secret is received.
	Mask func(secret string)
	// Say tells people what takes long, and why.
	Say func(format string, args ...any)
	// HTTP reaches the cloud.
	HTTP *http.Client
	// Patience is for set-ups that were made a moment ago.
	Patience Patience
}
