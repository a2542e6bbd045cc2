// Package googleapi is how this program uses Google's API libraries, google.golang.org/api: the caller signs the
// requests in, and refusals are values that say what to do.
//
//	service, err := container.NewService(ctx, client.Options()...)
//	found, err := service.Projects.Locations.Clusters.Get(name).Context(ctx).Do()
//	err = client.Explain("looking up cluster "+name, "container.googleapis.com", err)
package googleapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
)

// Client is what the services of Google's libraries are made with, and what their errors are read with.
type Client struct {
	// Transport carries the requests, and signs them in.
	Transport http.RoundTripper
	// Complete adds to a refusal what its caller knows, such as what to do about it; nil adds nothing.
	Complete func(*Refusal)
}

// Options are for a service's constructor. With an HTTP client of ours the library signs nothing in by itself, and asks
// no metadata server. Without a logger of ours GOOGLE_SDK_GO_LOGGING_LEVEL=debug would print tokens to standard error.
func (c *Client) Options() []option.ClientOption {
	return []option.ClientOption{
		option.WithHTTPClient(&http.Client{Transport: &limited{c.Transport}, CheckRedirect: stay}),
		option.WithLogger(slog.New(slog.DiscardHandler)),
	}
}

// stay takes no redirect: none of these APIs sends one, and the token must not go elsewhere.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Explain makes a library's error one that says what was being done, such as "looking up cluster shop", and at which
// host. It is a *Refusal when the API answered with one, and nil for nil.
func (c *Client) Explain(doing, host string, err error) error {
	if err == nil {
		return nil
	}
	var answer *googleapi.Error
	if !errors.As(err, &answer) {
		return fmt.Errorf("%s: %w; check that this machine may connect to %s", doing, withoutURL(err), host)
	}
	r := newRefusal(answer.Code, answer.Body)
	r.Doing, r.Service = doing, host
	if c.Complete != nil {
		c.Complete(r)
	}
	return r
}

// withoutURL is an error without the request's address, which may contain what only this job may know, such as the ID
// of an upload.
func withoutURL(err error) error {
	var with *url.Error
	if errors.As(err, &with) {
		return with.Err
	}
	return err
}
