package runner

import (
	"context"
	"errors"
	"fmt"
)

// errNoIDToken is what a job without the permission gets. GitHub gives a job the address to ask only with it
// (https://docs.github.com/actions/reference/security/oidc#workflow-permissions-for-the-requesting-the-oidc-token).
var errNoIDToken = errors.New(`the job may not ask GitHub for an ID token; add to the job in the workflow file:

    permissions:
      id-token: write
      contents: read

A workflow that is called by another needs the same lines in the job that calls it. Pull requests from forks never get the permission`)

// IDToken asks GitHub for a new OIDC token of the job, made out to audience, and masks it. The token lives for some
// minutes only, so ask again each time one is needed.
func (r *Runner) IDToken(ctx context.Context, audience string) (string, error) {
	if r.getenv("ACTIONS_ID_TOKEN_REQUEST_URL") == "" || r.getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN") == "" {
		return "", errNoIDToken
	}
	token, err := r.actions.GetIDToken(ctx, audience)
	r.Mask(token)
	if err != nil {
		return "", fmt.Errorf("asking GitHub for the job's ID token with audience %q: %w", audience, err)
	}
	if token == "" {
		return "", fmt.Errorf("asking GitHub for the job's ID token with audience %q: the answer contains none", audience)
	}
	return token, nil
}
