package image

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxManifest is the most that is read of a manifest or index, in bytes. It is the size that
// registries must accept and most refuse to exceed:
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests
const maxManifest = 4 << 20

// guard bounds what one request may cost: the time a registry sends nothing, and the size of a manifest.
type guard struct {
	inner   http.RoundTripper
	silence time.Duration
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(request.Context())
	silent := &silentError{after: g.silence}
	timer := time.AfterFunc(g.silence, func() { cancel(silent) })
	response, err := g.inner.RoundTrip(request.WithContext(ctx))
	if err != nil {
		timer.Stop()
		defer cancel(nil)
		return nil, causeOf(ctx, err)
	}
	timer.Stop()
	response.Body = &guardedBody{
		ReadCloser: response.Body,
		listen:     func() { timer.Reset(g.silence) },
		heard:      func() { timer.Stop() },
		done:       func() { timer.Stop(); cancel(nil) },
		explain:    func(err error) error { return causeOf(ctx, err) },
	}
	if path := request.URL.Path; strings.Contains(path, "/manifests/") || strings.HasSuffix(path, "/tags/list") {
		response.Body = http.MaxBytesReader(nil, response.Body, maxManifest)
	}
	return response, nil
}

// causeOf prefers the reason why a request was cancelled to the bare "context canceled".
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// guardedBody counts silence only while somebody reads: a stream that is put aside for a while is no registry's fault.
type guardedBody struct {
	io.ReadCloser
	listen  func()
	heard   func()
	done    func()
	explain func(error) error
}

func (b *guardedBody) Read(p []byte) (int, error) {
	b.listen()
	n, err := b.ReadCloser.Read(p)
	b.heard()
	if err != nil && err != io.EOF {
		return n, b.explain(err)
	}
	return n, err
}

func (b *guardedBody) Close() error {
	defer b.done()
	return b.ReadCloser.Close()
}
