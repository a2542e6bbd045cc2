// Package googleapi asks Google's REST APIs: a request, a JSON answer, and refusals as values. Google's own clients bring
// gRPC and OpenTelemetry along, and would make the program two thirds larger.
package googleapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Client asks APIs.
type Client struct {
	// Transport carries the requests, and signs them in.
	Transport http.RoundTripper
	// Timeout bounds each request; 0 is no bound.
	Timeout time.Duration
	// Complete adds to a refusal what its caller knows, such as what to do about it; nil adds nothing.
	Complete func(*Refusal)
}

// Call is one request.
type Call struct {
	// Doing says in an error what the request was for.
	Doing string
	// Method is the HTTP method; "" is POST with a body and GET without.
	Method string
	// Host is the API's, such as container.googleapis.com, and Path what stands behind it, with the query.
	Host, Path string
	Header     http.Header
	// Body is sent as JSON, and a []byte as it stands; nil is none.
	Body any
	// Timeout stands for the client's; 0 keeps that.
	Timeout time.Duration
}

// Ask makes a call and decodes the answer into answer, where that is not nil. The error is a *Refusal when the API
// answered with one.
func (c *Client) Ask(ctx context.Context, call Call, answer any) error {
	response, err := c.Do(ctx, call)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	if err != nil {
		return fmt.Errorf("%s: reading the answer of %s: %w", call.Doing, call.Host, err)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(content, answer); err != nil {
		return fmt.Errorf("%s: reading the answer of %s: %w", call.Doing, call.Host, err)
	}
	return nil
}

// answerLimit is far above what a cluster with a thousand node pools takes.
const answerLimit = 8 << 20

// Do makes a call. Whoever gets the response closes its body. The error is a *Refusal when the API answered with one.
func (c *Client) Do(ctx context.Context, call Call) (*http.Response, error) {
	request, err := call.request(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", call.Doing, err)
	}
	client := &http.Client{Transport: c.Transport, Timeout: c.Timeout, CheckRedirect: stay}
	if call.Timeout != 0 {
		client.Timeout = call.Timeout
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; check that this machine may connect to %s", call.Doing, withoutURL(err), call.Host)
	}
	if response.StatusCode < http.StatusBadRequest {
		return response, nil
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	if err != nil {
		return nil, fmt.Errorf("%s: reading the answer of %s: %w", call.Doing, call.Host, err)
	}
	return nil, c.refused(newRefusal(call, response.StatusCode, content))
}

// stay takes no redirect: none of these APIs sends one, and the token must not go elsewhere.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// withoutURL is an error without the request's address, which may hold what only this job may know, such as the ID of
// an upload.
func withoutURL(err error) error {
	var with *url.Error
	if errors.As(err, &with) {
		return with.Err
	}
	return err
}

func (c Call) request(ctx context.Context) (*http.Request, error) {
	method, body, kind, err := c.body()
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, "https://"+c.Host+c.Path, body)
	if err != nil {
		return nil, err
	}
	if c.Header != nil {
		request.Header = c.Header.Clone()
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	return request, nil
}

// body is what the request holds, its media type where it is known here, and the method that fits.
func (c Call) body() (method string, body io.Reader, kind string, err error) {
	method = c.Method
	if raw, ok := c.Body.([]byte); ok {
		return method, bytes.NewReader(raw), "", nil
	}
	if c.Body == nil {
		return method, nil, "", nil
	}
	content, err := json.Marshal(c.Body)
	if method == "" {
		method = http.MethodPost
	}
	return method, bytes.NewReader(content), "application/json", err
}
