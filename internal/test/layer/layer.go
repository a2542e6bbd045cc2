// Package layer makes image layers for tests, entry by entry.
package layer

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Entry is one entry of a layer.
type Entry struct {
	Header  tar.Header
	Content string
}

// File is a regular file.
func File(name string, mode int64, content string) Entry {
	return Entry{tar.Header{Name: name, Mode: mode, Size: int64(len(content)), Typeflag: tar.TypeReg}, content}
}

// Dir is a directory.
func Dir(name string) Entry {
	return Entry{tar.Header{Name: name, Mode: 0o755, Typeflag: tar.TypeDir}, ""}
}

// Link is a symbolic link, Hard a hard one.
func Link(name, target string) Entry {
	return Entry{tar.Header{Name: name, Linkname: target, Typeflag: tar.TypeSymlink}, ""}
}

// Hard is a hard link to an earlier entry.
func Hard(name, target string) Entry {
	return Entry{tar.Header{Name: name, Linkname: target, Typeflag: tar.TypeLink}, ""}
}

// Tar is the archive of entries.
func Tar(t testing.TB, entries ...Entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		if err := w.WriteHeader(&e.Header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.Content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Of is a layer of entries.
func Of(t testing.TB, entries ...Entry) v1.Layer {
	t.Helper()
	return FromBytes(t, Tar(t, entries...))
}

// FromBytes is a layer of any bytes, such as a compressed archive.
func FromBytes(t testing.TB, content []byte) v1.Layer {
	t.Helper()
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
	l, err := tarball.LayerFromOpener(open)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Machines of ELF headers, as debug/elf numbers them.
const (
	AMD64 = 0x3e
	ARM64 = 0xb7
)

// ELF is the start of a little-endian 64-bit program.
func ELF(machine uint16) string {
	header := make([]byte, 64)
	copy(header, "\x7fELF\x02\x01\x01")
	binary.LittleEndian.PutUint16(header[16:], 2)
	binary.LittleEndian.PutUint16(header[18:], machine)
	return string(header)
}
