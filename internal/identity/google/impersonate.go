package google

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/oauth2"
	"google.golang.org/api/iamcredentials/v1"
)

// impersonate exchanges the job's access token for one of the service account, which lives for an hour.
// https://docs.cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
func (a *Account) impersonate(ctx context.Context, own *oauth2.Token) (*oauth2.Token, error) {
	doing := "acting as the service account " + a.options.ServiceAccount
	api := a.api(&oauth2.Transport{Source: oauth2.StaticTokenSource(own), Base: a.transport()}, a.adviseCredentials)
	service, err := iamcredentials.NewService(ctx, api.Options()...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	wanted := &iamcredentials.GenerateAccessTokenRequest{Scope: []string{cloudPlatform}}
	name := "projects/-/serviceAccounts/" + a.options.ServiceAccount
	answer, err := service.Projects.ServiceAccounts.GenerateAccessToken(name, wanted).Context(ctx).Do()
	if err != nil {
		return nil, api.Explain(doing, credentialsHost, err)
	}
	a.job.Mask(answer.AccessToken)
	expiry, err := time.Parse(time.RFC3339, answer.ExpireTime)
	if err != nil {
		return nil, fmt.Errorf("%s: reading when the token ends: %w", doing, err)
	}
	return &oauth2.Token{AccessToken: answer.AccessToken, Expiry: expiry}, nil
}
