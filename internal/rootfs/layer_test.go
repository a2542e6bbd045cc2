package rootfs

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/zstd"
)

// file, dir, link and hard are entries of a layer.
func file(name string, mode int64, content string) tarEntry {
	return tarEntry{tar.Header{Name: name, Mode: mode, Size: int64(len(content)), Typeflag: tar.TypeReg}, content}
}

func dir(name string) tarEntry {
	return tarEntry{tar.Header{Name: name, Mode: 0o755, Typeflag: tar.TypeDir}, ""}
}

func link(name, target string) tarEntry {
	return tarEntry{tar.Header{Name: name, Linkname: target, Typeflag: tar.TypeSymlink}, ""}
}

func hard(name, target string) tarEntry {
	return tarEntry{tar.Header{Name: name, Linkname: target, Typeflag: tar.TypeLink}, ""}
}

type tarEntry struct {
	header  tar.Header
	content string
}

func tarOf(t testing.TB, entries ...tarEntry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		if err := w.WriteHeader(&e.header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func layerOf(t testing.TB, entries ...tarEntry) v1.Layer {
	t.Helper()
	content := tarOf(t, entries...)
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// elfHeader is the start of a little-endian 64-bit program.
func elfHeader(machine uint16) string {
	header := make([]byte, 64)
	copy(header, "\x7fELF\x02\x01\x01")
	binary.LittleEndian.PutUint16(header[16:], 2)
	binary.LittleEndian.PutUint16(header[18:], machine)
	return string(header)
}

const (
	x86  = 0x3e
	arm8 = 0xb7
)

func TestLayersAreReadInEveryCompression(t *testing.T) {
	content := tarOf(t, file("app", 0o755, elfHeader(arm8)))
	var gz, zst bytes.Buffer
	zip := gzip.NewWriter(&gz)
	_, _ = zip.Write(content)
	_ = zip.Close()
	z, err := zstd.NewWriter(&zst)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = z.Write(content)
	_ = z.Close()
	for name, layer := range map[string]v1.Layer{
		"none": static.NewLayer(content, types.OCIUncompressedLayer),
		"gzip": fromBytes(t, gz.Bytes()),
		"zstd": fromBytes(t, zst.Bytes()),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := New([]v1.Layer{layer}).Find(Command{Args: []string{"/app"}})
			if err != nil || got.Architecture != "arm64" {
				t.Fatalf("got %q, %v; want arm64", got.Architecture, err)
			}
		})
	}
}

func fromBytes(t *testing.T, b []byte) v1.Layer {
	t.Helper()
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// countingLayer tells how much of a layer was read, and how often it was opened.
type countingLayer struct {
	v1.Layer
	content []byte
	opened  int
	read    int
}

func (c *countingLayer) Uncompressed() (io.ReadCloser, error) {
	c.opened++
	return &countingReader{bytes.NewReader(c.content), &c.read}, nil
}

type countingReader struct {
	io.Reader
	n *int
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	*c.n += n
	return n, err
}

func (c *countingReader) Close() error { return nil }

func TestBigLayersAreReadOnlyAsFarAsNeeded(t *testing.T) {
	big := string(make([]byte, 8<<20))
	base := &countingLayer{content: tarOf(t, file("base", 0o755, elfHeader(x86)), file("big", 0o644, big))}
	top := &countingLayer{content: tarOf(t, file("app", 0o755, elfHeader(x86)), file("tool", 0o755, elfHeader(x86)), file("big", 0o644, big))}
	fsys := New([]v1.Layer{base, top})
	for _, name := range []string{"/app", "/tool", "/app"} {
		if _, err := fsys.Find(Command{Args: []string{name}}); err != nil {
			t.Fatal(err)
		}
	}
	if top.opened != 1 || top.read > 16<<10 || base.opened != 0 {
		t.Errorf("top layer opened %d times, %d bytes read; base opened %d times; want once, a few KiB, never", top.opened, top.read, base.opened)
	}
	if err := fsys.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := fsys.Find(Command{Args: []string{"/base"}}); err != nil {
		t.Fatalf("after Close: %v", err)
	}
}
