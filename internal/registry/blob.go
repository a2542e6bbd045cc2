package registry

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	ggcr "github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// resumptions is how often the rest of a blob is fetched after its connection broke.
const resumptions = 3

// open streams a blob from its start.
func (s *session) open(ctx context.Context, d v1.Descriptor) (io.ReadCloser, error) {
	from := func(offset int64) (io.ReadCloser, error) { return s.get(ctx, d, offset) }
	body, err := from(0)
	if err != nil {
		return nil, err
	}
	return checked(&resuming{body: body, from: from, digest: d.Digest}, d)
}

// get asks for a blob from an offset on.
func (s *session) get(ctx context.Context, d v1.Descriptor, offset int64) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url()+"/blobs/"+d.Digest.String(), nil)
	if err != nil {
		return nil, err
	}
	want := http.StatusOK
	if offset > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", offset, d.Size-1))
		want = http.StatusPartialContent
	}
	response, err := s.blobs.Do(request)
	if err != nil {
		return nil, &BlobError{d.Digest, err}
	}
	if offset > 0 && response.StatusCode == http.StatusOK {
		response.Body.Close()
		return nil, &BlobError{d.Digest, errors.New("the registry sends no part of a blob alone")}
	}
	if err := ggcr.CheckError(response, want); err != nil {
		response.Body.Close()
		return nil, &BlobError{d.Digest, err}
	}
	return response.Body, nil
}

// url leaves the scheme to the session's transport, which knows which one the registry speaks.
func (s *session) url() string {
	return fmt.Sprintf("%s://%s/v2/%s", s.name.Scheme(), s.name.RegistryStr(), s.name.RepositoryStr())
}

// resuming fetches the rest of a blob when its connection breaks.
type resuming struct {
	body   io.ReadCloser
	from   func(offset int64) (io.ReadCloser, error)
	digest v1.Hash
	offset int64
	breaks int
}

// Read implements io.Reader. Its errors are io.EOF or a *BlobError.
func (r *resuming) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	r.offset += int64(n)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	r.breaks++
	if errors.Is(err, context.Canceled) || r.breaks > resumptions || isTimeout(err) {
		return n, &BlobError{r.digest, err}
	}
	r.body.Close()
	body, again := r.from(r.offset)
	if again != nil {
		r.body = http.NoBody
		return n, &BlobError{r.digest, errors.Join(err, again)}
	}
	r.body = body
	return n, nil
}

// Close implements io.Closer.
func (r *resuming) Close() error { return r.body.Close() }

// checking compares a blob that is read to its end with what the manifest says of it, and ends one that is longer.
type checking struct {
	io.ReadCloser
	want v1.Descriptor
	hash hash.Hash
	n    int64
}

func checked(blob io.ReadCloser, want v1.Descriptor) (io.ReadCloser, error) {
	hash, err := v1.Hasher(want.Digest.Algorithm)
	if err != nil {
		blob.Close()
		return nil, fmt.Errorf("blob %s: %w", want.Digest, err)
	}
	return &checking{ReadCloser: blob, want: want, hash: hash}, nil
}

// Read implements io.Reader.
func (v *checking) Read(p []byte) (int, error) {
	n, err := v.ReadCloser.Read(p)
	v.hash.Write(p[:n])
	v.n += int64(n)
	if v.n > v.want.Size {
		return 0, fmt.Errorf("blob %s has more than the %d bytes that its manifest says", v.want.Digest, v.want.Size)
	}
	if err == io.EOF {
		return n, v.check()
	}
	return n, err
}

func (v *checking) check() error {
	got := fmt.Sprintf("%x", v.hash.Sum(nil))
	if v.n != v.want.Size || got != v.want.Digest.Hex {
		return fmt.Errorf("blob %s has %d bytes of digest %s in the registry, not what its manifest says", v.want.Digest, v.n,
			got)
	}
	return io.EOF
}
