package githubapi

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/google/go-github/v89/github"

	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

// newClient returns a client for GitHub's API. go-github puts the token on every request, so that a redirect must not
// lead to another host.
func newClient(server Server) (*github.Client, error) {
	client, err := github.NewClient(
		github.WithHTTPClient(&http.Client{Transport: retrying(server.Transport), CheckRedirect: transport.SameHost}),
		github.WithAuthToken(server.Token),
		github.WithUserAgent("multiarch-deploy"),
		github.WithURLs(&server.API, nil),
	)
	if err != nil {
		return nil, fmt.Errorf("the address of GitHub's API: %w", err)
	}
	return client, nil
}

// retrying sends a request again where GitHub is overloaded, or asks to slow down. Any request may be sent twice: a
// commit that was made although its answer got lost is not made again, since the branch has moved then, and the next
// look finds this run's mark.
// https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
func retrying(inner http.RoundTripper) http.RoundTripper {
	limits := transport.For(transport.GitHub)
	return &transport.Retrier{
		Inner:      &secondaryLimit{transport.Scrub(transport.Limit(inner, limits))},
		Limits:     limits,
		Repeatable: func(*http.Request) bool { return true },
		Refused:    transport.AsksToWait,
	}
}

// secondaryLimit names the pause that GitHub wants after too many writes, a minute, where its answer names none.
type secondaryLimit struct{ inner http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (s *secondaryLimit) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := s.inner.RoundTrip(request)
	if err != nil || response.StatusCode != http.StatusForbidden && response.StatusCode != http.StatusTooManyRequests {
		return response, err
	}
	body, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10)) // what is missing is read, and fails, once more
	response.Body = readCloser{io.MultiReader(bytes.NewReader(body), response.Body), response.Body}
	if response.Header.Get("Retry-After") == "" && bytes.Contains(body, []byte("secondary rate limit")) {
		response.Header.Set("Retry-After", "60")
	}
	return response, nil
}

type readCloser struct {
	io.Reader
	io.Closer
}
