package google

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/oauth2"
	"google.golang.org/api/iamcredentials/v1"
	"google.golang.org/api/option"
)

// impersonate exchanges the job's access token for one of the service account, which lives for an hour.
// https://docs.cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
func (a *Account) impersonate(ctx context.Context, own *oauth2.Token) (*oauth2.Token, error) {
	client := &http.Client{
		Transport: &oauth2.Transport{Source: oauth2.StaticTokenSource(own), Base: a.job.HTTP.Transport},
		Timeout:   a.job.HTTP.Timeout,
	}
	service, err := iamcredentials.NewService(ctx, option.WithHTTPClient(client))
	if err != nil {
		return nil, fmt.Errorf("preparing the sign-in as %s: %w", a.options.ServiceAccount, err)
	}
	name := "projects/-/serviceAccounts/" + a.options.ServiceAccount
	answer, err := service.Projects.ServiceAccounts.GenerateAccessToken(name, &iamcredentials.GenerateAccessTokenRequest{
		Scope: []string{cloudPlatform},
	}).Context(ctx).Do()
	if err != nil {
		return nil, a.apiRefusal(credentialsHost, "acting as the service account "+a.options.ServiceAccount, err)
	}
	a.job.Mask(answer.AccessToken)
	expires, err := time.Parse(time.RFC3339, answer.ExpireTime)
	if err != nil {
		return nil, fmt.Errorf("acting as the service account %s: reading when the token ends: %w", a.options.ServiceAccount, err)
	}
	return &oauth2.Token{AccessToken: answer.AccessToken, Expiry: expires}, nil
}
