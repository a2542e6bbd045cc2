package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// resumptions is how often a blob that breaks off is gone on with.
const resumptions = 3

// blobError is about a blob that could not be had, as against one that holds the wrong bytes.
type blobError struct {
	digest v1.Hash
	err    error
}

func (e *blobError) Error() string { return fmt.Sprintf("blob %s: %v", e.digest, e.err) }

func (e *blobError) Unwrap() error { return e.err }

// open streams a blob from its start. A connection that breaks is replaced by one that goes on from there; at the end
// the digest is checked.
func (r *repository) open(ctx context.Context, d v1.Descriptor) (io.ReadCloser, error) {
	from := func(offset int64) (io.ReadCloser, error) {
		if offset == 0 {
			return r.get(ctx, d.Digest, "")
		}
		return r.part(ctx, d, offset, d.Size-offset)
	}
	body, err := from(0)
	if err != nil {
		return nil, err
	}
	return verified(&resuming{body: body, from: from, digest: d.Digest}, d)
}

// part reads length bytes of a blob. Its error is rootfs.ErrNoRange where the registry sends only all of it.
func (r *repository) part(ctx context.Context, d v1.Descriptor, offset, length int64) (io.ReadCloser, error) {
	return r.get(ctx, d.Digest, fmt.Sprintf("bytes=%d-%d", offset, offset+length-1))
}

func (r *repository) get(ctx context.Context, digest v1.Hash, span string) (io.ReadCloser, error) {
	url := r.url() + "/blobs/" + digest.String()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	want := http.StatusOK
	if span != "" {
		request.Header.Set("Range", span)
		want = http.StatusPartialContent
	}
	response, err := r.blobs.Do(request)
	if err != nil {
		return nil, &blobError{digest, err}
	}
	if span != "" && response.StatusCode == http.StatusOK {
		response.Body.Close()
		return nil, rootfs.ErrNoRange
	}
	if err := transport.CheckError(response, want); err != nil {
		response.Body.Close()
		return nil, &blobError{digest, err}
	}
	return response.Body, nil
}

// url leaves the scheme to the session, which knows which one the registry speaks.
func (r *repository) url() string {
	return fmt.Sprintf("%s://%s/v2/%s", r.name.Scheme(), r.name.RegistryStr(), r.name.RepositoryStr())
}

// resuming goes on with a blob where its connection broke.
type resuming struct {
	body   io.ReadCloser
	from   func(offset int64) (io.ReadCloser, error)
	digest v1.Hash
	offset int64
	breaks int
}

// Read implements io.Reader. Its errors are io.EOF or a *blobError.
func (r *resuming) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	r.offset += int64(n)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	r.breaks++
	if errors.Is(err, context.Canceled) || r.breaks > resumptions {
		return n, &blobError{r.digest, err}
	}
	r.body.Close()
	body, again := r.from(r.offset)
	if again != nil {
		r.body = http.NoBody
		return n, &blobError{r.digest, errors.Join(err, again)}
	}
	r.body = body
	return n, nil
}

// Close implements io.Closer.
func (r *resuming) Close() error { return r.body.Close() }
