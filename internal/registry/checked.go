package registry

import (
	"fmt"
	"hash"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

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
		return fmt.Errorf("blob %s has %d bytes of digest %s in the registry, not what its manifest says", v.want.Digest, v.n, got)
	}
	return io.EOF
}
