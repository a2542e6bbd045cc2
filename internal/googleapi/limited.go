package googleapi

import (
	"fmt"
	"io"
	"net/http"
)

// answerLimit is far above what a cluster with a thousand node pools takes, in bytes. The library reads whole answers
// into memory.
const answerLimit = 8 << 20

// limited ends answers that are longer than the limit, except for an object's content, which is streamed.
type limited struct{ inner http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (l *limited) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := l.inner.RoundTrip(request)
	if err != nil || request.URL.Query().Get("alt") == "media" && response.StatusCode < http.StatusBadRequest {
		return response, err
	}
	response.Body = &limitedBody{ReadCloser: response.Body, left: answerLimit, host: request.URL.Host}
	return response, nil
}

type limitedBody struct {
	io.ReadCloser
	left int64
	host string
}

// Read implements io.Reader.
func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("the answer of %s is longer than %d MiB", b.host, answerLimit>>20)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
