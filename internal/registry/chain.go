package registry

import (
	"net/http"
	"strings"

	ggcr "github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

// chain joins all layers between the client and the network. Of writes a broken connection is the pusher's to
// repeat, since an upload takes several requests.
func (c *Client) chain(inner http.RoundTripper, l transport.Limits, writes bool) http.RoundTripper {
	inner = &overHTTPS{inner: &listener{inner: inner, secrets: &c.secrets}, plain: c.opts.PlainHTTP}
	inner = &bounded{transport.Limit(inner, l), &c.memory}
	retrier := &transport.Retrier{Inner: inner, Limits: l, Repeatable: isRepeatable, KeepErrors: writes}
	return ggcr.NewUserAgent(retrier, userAgent)
}

// isRepeatable leaves out a piece of a blob: where the registry took it, the same piece does not fit again. An upload
// that was begun twice does no harm, nor does a second token.
func isRepeatable(request *http.Request) bool { return request.Method != http.MethodPatch }

// bounded limits what a manifest, or a list of tags, may contain. It takes answers as they are: what a registry packs
// could unpack to a thousand times its size.
type bounded struct {
	inner  http.RoundTripper
	memory *memory
}

// RoundTrip implements http.RoundTripper.
func (b *bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Header.Get("Accept-Encoding") == "" {
		request = request.Clone(request.Context())
		request.Header.Set("Accept-Encoding", "identity")
	}
	response, err := b.inner.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if path := request.URL.Path; strings.Contains(path, "/manifests/") || strings.HasSuffix(path, "/tags/list") {
		response.Body = &metered{ReadCloser: http.MaxBytesReader(nil, response.Body, maxManifest), memory: b.memory}
	}
	return response, nil
}
