package rootfs

import (
	"errors"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// ErrNoRange is what a Source's Range returns when only whole blobs are to be had.
var ErrNoRange = errors.New("no part of the blob can be read alone")

// Source is a layer's blob, as a registry or a file has it: a tar archive, plain or compressed by gzip or zstd.
type Source struct {
	// Open reads the blob from its start.
	Open func() (io.ReadCloser, error)
	// Range reads length bytes from offset. It is nil where only Open is to be had.
	Range func(offset, length int64) (io.ReadCloser, error)
	// Size is the blob's, in bytes; 0 is unknown.
	Size int64
	// Annotations are those of the layer's descriptor; they tell of a table of contents.
	Annotations map[string]string
}

// sourceOf reads a layer that somebody else unpacks.
func sourceOf(l v1.Layer) Source { return Source{Open: l.Uncompressed} }
