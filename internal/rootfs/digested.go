package rootfs

import (
	"encoding/hex"
	"fmt"
	"hash"
	"io"
)

// digested hashes what is read; its Close fails if it is not what was wanted.
type digested struct {
	io.Reader
	blob io.Closer
	hash hash.Hash
	want string
}

// Read implements io.Reader.
func (d *digested) Read(p []byte) (int, error) {
	n, err := d.Reader.Read(p)
	d.hash.Write(p[:n])
	return n, err
}

// Close implements io.Closer.
func (d *digested) Close() error {
	if err := d.blob.Close(); err != nil {
		return err
	}
	if got := "sha256:" + hex.EncodeToString(d.hash.Sum(nil)); got != d.want {
		return fmt.Errorf("the table of contents has digest %s, not %s", got, d.want)
	}
	return nil
}
