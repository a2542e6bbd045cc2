package google

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google/externalaccount"

	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
)

// federate exchanges a new ID token of the job for an access token of Google Cloud.
// https://docs.cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines
func (a *Account) federate(ctx context.Context) (*oauth2.Token, error) {
	supplier := &jobToken{account: a}
	client := a.job.Retrying(federation.AnyRequest)
	answer := &answerReader{inner: client.Transport}
	client.Transport = answer
	ctx = context.WithValue(ctx, oauth2.HTTPClient, client)
	source, err := externalaccount.NewTokenSource(ctx, externalaccount.Config{
		Audience:             a.provider.stsAudience(),
		SubjectTokenType:     "urn:ietf:params:oauth:token-type:jwt",
		Scopes:               []string{cloudPlatform},
		SubjectTokenSupplier: supplier,
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the sign-in to Google Cloud: %w", err)
	}
	token, err := source.Token()
	switch {
	case err == nil:
		a.job.Mask(token.AccessToken)
		return token, nil
	case supplier.err != nil:
		return nil, supplier.err
	case answer.status >= http.StatusBadRequest:
		return nil, a.stsRefusal(answer)
	}
	return nil, fmt.Errorf("signing in to Google Cloud: %w; check that this machine may connect to "+
		"sts.googleapis.com", err)
}

// jobToken supplies the ID token. It keeps the error, which externalaccount does not always wrap.
type jobToken struct {
	account *Account
	err     error
}

// SubjectToken implements externalaccount.SubjectTokenSupplier.
func (j *jobToken) SubjectToken(ctx context.Context, _ externalaccount.SupplierOptions) (string, error) {
	token, err := j.account.job.IDToken(ctx, j.account.provider.tokenAudience())
	if j.err = err; err != nil {
		return "", err
	}
	claims := federation.ReadClaims(token)
	j.account.claims.Store(&claims)
	return token, nil
}

// answerReader keeps the answer of the Security Token Service when it is a refusal: externalaccount makes a plain text
// of it, and what to do depends on its code.
type answerReader struct {
	inner  http.RoundTripper
	status int
	body   []byte
}

// RoundTrip implements http.RoundTripper.
func (a *answerReader) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := a.inner.RoundTrip(request)
	if err != nil || response.StatusCode < http.StatusBadRequest {
		return response, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	err = errors.Join(err, response.Body.Close())
	a.status, a.body = response.StatusCode, body
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, err
}

// stsRefusal reads the error body of RFC 6749, section 5.2, which the Security Token Service answers with.
func (a *Account) stsRefusal(answer *answerReader) error {
	var body struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	_ = json.Unmarshal(answer.body, &body) // a body of another form says nothing
	r := &googleapi.Refusal{
		Service: stsHost, Doing: "signing in to Google Cloud through " + a.provider.name(),
		Status: answer.status, Reason: body.Error, Message: body.Description,
	}
	a.complete(r, a.adviseSTS)
	return r
}
