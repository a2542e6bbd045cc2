package google

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// The hosts that are asked.
const (
	stsHost         = "sts.googleapis.com"
	credentialsHost = "iamcredentials.googleapis.com"
	containerHost   = "container.googleapis.com"
	hubHost         = "gkehub.googleapis.com"
	managerHost     = "cloudresourcemanager.googleapis.com"
)

// call is one request to a Google API. A run makes one to four of them, all simple; Google's own clients bring gRPC
// and OpenTelemetry along and would make the program two thirds larger.
type call struct {
	// doing says in an error what the request was for.
	doing      string
	host, path string
	// body is sent as JSON, by POST; without it the request is a GET.
	body any
}

// ask makes a call through transport, which signs in, and decodes the answer. The error is a *Refusal when the API
// answered with one.
func (a *Account) ask(ctx context.Context, transport http.RoundTripper, c call, answer any) error {
	request, err := c.request(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", c.doing, err)
	}
	client := &http.Client{Transport: transport, Timeout: a.job.HTTP.Timeout}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("%s: %w; check that this machine may connect to %s", c.doing, err, c.host)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	if err != nil {
		return fmt.Errorf("%s: reading the answer of %s: %w", c.doing, c.host, err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		return a.apiRefusal(c, response.StatusCode, content)
	}
	if err := json.Unmarshal(content, answer); err != nil {
		return fmt.Errorf("%s: reading the answer of %s: %w", c.doing, c.host, err)
	}
	return nil
}

// answerLimit is far above what a cluster with a thousand node pools takes.
const answerLimit = 8 << 20

func (c call) request(ctx context.Context) (*http.Request, error) {
	url := "https://" + c.host + c.path
	if c.body == nil {
		return http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	}
	body, err := json.Marshal(c.body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err == nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, err
}

// look asks an API with the account's own token, which is renewed where it is due.
func (a *Account) look(ctx context.Context, c call, answer any) error {
	return a.ask(ctx, a.credential.Transport(a.transport()), c, answer)
}

// transport is what requests go out through, without a token.
func (a *Account) transport() http.RoundTripper {
	if a.job.HTTP.Transport == nil {
		return http.DefaultTransport
	}
	return a.job.HTTP.Transport
}
