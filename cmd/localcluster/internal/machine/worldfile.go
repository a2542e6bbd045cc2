package machine

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// nowhere is /dev/null.
type nowhere struct{}

func (nowhere) Read([]byte) (int, error)    { return 0, io.EOF }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) Close() error                { return nil }

// reading is a file of the image, open for reading.
type reading struct{ *bytes.Reader }

func contents(b []byte) reading { return reading{bytes.NewReader(b)} }

func (reading) Write([]byte) (int, error) { return 0, fs.ErrPermission }
func (reading) Close() error              { return nil }

// fileInfo lets the shell's tests see a file of the image.
type fileInfo struct{ file rootfs.File }

func (f fileInfo) Name() string       { return path.Base(f.file.Path) }
func (f fileInfo) Size() int64        { return f.file.Size }
func (f fileInfo) IsDir() bool        { return f.file.Directory }
func (f fileInfo) ModTime() time.Time { return time.Time{} }
func (f fileInfo) Sys() any           { return nil }

func (f fileInfo) Mode() fs.FileMode {
	switch {
	case f.file.Directory:
		return fs.ModeDir | 0o755
	case f.file.Executable:
		return 0o755
	}
	return 0o644
}
