package rootfs

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// maxWindow is how far back a zstd frame may refer, in bytes: what zstd itself allows without --long.
const maxWindow = 8 << 20

// unpacker reads a blob's archive, whatever it is compressed with, within limits.
type unpacker struct {
	budget *Budget
	limits Limits
	packed *counter
	plain  io.Reader
	given  int64
	close  func() error
}

// unpack looks at the first bytes and not at the media type: clients do so too, and registries contain wrong types.
func unpack(blob io.ReadCloser, budget *Budget) (*unpacker, error) {
	u := &unpacker{budget: budget, limits: budget.limits, packed: &counter{Reader: blob}, close: blob.Close}
	buffered := bufio.NewReaderSize(u.packed, 8<<10)
	magic, err := buffered.Peek(len(zstdMagic))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, blob.Close())
	}
	if err := u.start(buffered, magic); err != nil {
		return nil, errors.Join(err, blob.Close())
	}
	return u, nil
}

func (u *unpacker) start(blob *bufio.Reader, magic []byte) (err error) {
	switch {
	case bytes.HasPrefix(magic, gzipMagic):
		u.plain, err = gzip.NewReader(blob)
	case bytes.Equal(magic, zstdMagic):
		var d *zstd.Decoder
		d, err = zstd.NewReader(blob, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow),
			zstd.WithDecoderLowmem(true))
		if err == nil {
			u.plain, u.close = d, closeBoth(d, u.close)
		}
	default:
		u.plain, u.limits.Ratio = blob, 0
	}
	return err
}

func closeBoth(d *zstd.Decoder, then func() error) func() error {
	return func() error {
		d.Close()
		return then()
	}
}

// Read implements io.Reader.
func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.plain.Read(p)
	u.given += int64(n)
	switch l := u.limits; {
	case u.given > l.Bytes:
		return 0, &LimitError{What: "bytes of one layer, unpacked", Limit: l.Bytes}
	case l.Ratio > 0 && u.given > l.RatioFrom && u.given > l.Ratio*u.packed.n:
		return 0, &LimitError{What: "bytes for each packed byte of a layer", Limit: l.Ratio}
	}
	if limit := u.budget.unpack(n); limit != nil {
		return 0, limit
	}
	return n, err
}

// Close implements io.Closer.
func (u *unpacker) Close() error { return u.close() }

// counter counts what was read.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}
