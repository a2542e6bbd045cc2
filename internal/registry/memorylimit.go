package registry

import (
	"fmt"
	"io"
	"sync/atomic"
)

const (
	// maxManifest is the most that is read of a manifest or index, in bytes. It is the size that registries must accept
	// and most refuse to exceed: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests
	maxManifest = 4 << 20
	// MaxConfig is the most that a config may have, in bytes; real ones have a few thousand.
	MaxConfig = 4 << 20
	// maxKept is the most that manifests and configs of all images may take in memory, in bytes. A thousand images have
	// less than half of it.
	maxKept = 64 << 20
	// maxValues is how many values a manifest or config may have; real ones have some thousands. A value of three bytes
	// takes hundreds in memory.
	maxValues = 1 << 16
)

// memory is what a client has taken for manifests and configs, those on their way included.
type memory struct{ taken atomic.Int64 }

func (m *memory) take(bytes int64) error {
	if m.taken.Add(bytes) > maxKept {
		return fmt.Errorf("the manifests and configs of all images have more than %d bytes, which is the most that is kept",
			maxKept)
	}
	return nil
}

func (m *memory) free(bytes int64) { m.taken.Add(-bytes) }

// metered counts a body as long as it is open; what is kept of it is counted again.
type metered struct {
	io.ReadCloser
	memory *memory
	read   int64
}

// Read implements io.Reader.
func (b *metered) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if full := b.memory.take(int64(n)); full != nil {
		return n, full
	}
	return n, err
}

// Close implements io.Closer.
func (b *metered) Close() error {
	b.memory.free(b.read)
	b.read = 0
	return b.ReadCloser.Close()
}

// CheckJSON refuses a manifest or config that would take many times its size once it is read. It counts the values of
// lists and objects; what is no JSON is for the reader to refuse.
func CheckJSON(content []byte) error {
	values, quoted := 0, false
	for i := 0; i < len(content); i++ {
		switch c := content[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == '[' || c == '{'):
			values++
		}
	}
	if values > maxValues {
		return fmt.Errorf("it has more than %d values, which no image needs", maxValues)
	}
	return nil
}
