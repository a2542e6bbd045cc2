package google

import (
	"context"
	"time"

	"golang.org/x/oauth2"

	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
)

// impersonate exchanges the job's access token for one of the service account, which lives for an hour.
// https://docs.cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
func (a *Account) impersonate(ctx context.Context, own *oauth2.Token) (*oauth2.Token, error) {
	var answer struct {
		AccessToken string    `json:"accessToken"`
		ExpireTime  time.Time `json:"expireTime"`
	}
	transport := &oauth2.Transport{Source: oauth2.StaticTokenSource(own), Base: a.transport()}
	err := a.api(transport, a.adviseCredentials).Ask(ctx, googleapi.Call{
		Doing: "acting as the service account " + a.options.ServiceAccount,
		Host:  credentialsHost,
		Path:  "/v1/projects/-/serviceAccounts/" + a.options.ServiceAccount + ":generateAccessToken",
		Body:  map[string]any{"scope": []string{cloudPlatform}},
	}, &answer)
	if err != nil {
		return nil, err
	}
	a.job.Mask(answer.AccessToken)
	return &oauth2.Token{AccessToken: answer.AccessToken, Expiry: answer.ExpireTime}, nil
}
