package federation

import (
	"io"
	"net/http"

	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

// Transport puts the credential's token on each request to inner. A request that is refused with 401 is sent once more
// with a new token: the old one may have expired on the way, or by the server's clock. It fits
// rest.Config.WrapTransport.
func (c *Credential) Transport(inner http.RoundTripper) http.RoundTripper {
	return &signer{credential: c, inner: inner}
}

type signer struct {
	credential *Credential
	inner      http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *signer) RoundTrip(request *http.Request) (*http.Response, error) {
	token, err := t.credential.Token(request.Context())
	if err != nil {
		closeBody(request)
		return nil, err
	}
	response, err := t.inner.RoundTrip(withToken(request, token))
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		return response, err
	}
	again, ok := transport.Rewind(request)
	if !ok {
		return response, nil
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be used again
	_ = response.Body.Close()
	if token, err = t.credential.Renew(request.Context(), token); err != nil {
		closeBody(again)
		return nil, err
	}
	return t.inner.RoundTrip(withToken(again, token))
}

// WrappedRoundTripper lets client-go find the transport below.
func (t *signer) WrappedRoundTripper() http.RoundTripper { return t.inner }

// withToken returns a copy, since a RoundTripper may not change the request it is given.
func withToken(request *http.Request, token string) *http.Request {
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+token)
	return request
}

// closeBody: a RoundTripper closes the body even of a request that it never sends.
func closeBody(request *http.Request) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
}
