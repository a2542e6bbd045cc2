package rootfs

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/zstd"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/layer"
)

type tarEntry = layer.Entry

var (
	file, dir, link, hard = layer.File, layer.Dir, layer.Link, layer.Hard
	elfHeader             = layer.ELF
	tarOf                 = layer.Tar
)

const (
	x86  = layer.AMD64
	arm8 = layer.ARM64
)

func TestLayers_are_read_in_every_compression(t *testing.T) {
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
	for name, l := range map[string]v1.Layer{
		"none": static.NewLayer(content, types.OCIUncompressedLayer),
		"gzip": layer.FromBytes(t, gz.Bytes()),
		"zstd": layer.FromBytes(t, zst.Bytes()),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := New([]v1.Layer{l}, DefaultLimits()).Stat(t.Context(), "/app")
			if err != nil || Architecture(got.Head) != "arm64" {
				t.Fatalf("got %q, %v; want arm64", Architecture(got.Head), err)
			}
		})
	}
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

func TestBig_layers_are_read_only_as_far_as_needed(t *testing.T) {
	big := string(make([]byte, 8<<20))
	base := &countingLayer{content: tarOf(t, file("base", 0o755, elfHeader(x86)), file("big", 0o644, big))}
	top := &countingLayer{content: tarOf(t, file("app", 0o755, elfHeader(x86)), file("tool", 0o755, elfHeader(x86)),
		file("big", 0o644, big))}
	fsys := New([]v1.Layer{base, top}, DefaultLimits())
	for _, name := range []string{"/app", "/tool", "/app"} {
		if _, err := fsys.Stat(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if top.opened != 1 || top.read > 16<<10 || base.opened != 0 {
		t.Errorf("top layer opened %d times, %d bytes read; base opened %d times; want once, a few KiB, never", top.opened,
			top.read, base.opened)
	}
	if err := fsys.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := fsys.Stat(t.Context(), "/base"); err != nil {
		t.Fatalf("after Close: %v", err)
	}
}

func TestHeads_are_kept_as_far_as_they_can_matter(t *testing.T) {
	comments := strings.Repeat("# a comment\n", 1000)
	long := strings.Repeat(comments, 10)
	fsys := fsOf(t, [][]tarEntry{{
		file("script", 0o755, "#!/bin/sh\n"+comments), file("start.sh", 0o644, comments), file("large.sh", 0o644, long),
		file("binary", 0o755, elfHeader(x86)+long), file("other", 0o755, long), file("data", 0o644, long), file("small",
			0o644, "x=1"),
	}})
	for name, want := range map[string]int{
		"script": 10 + len(comments), "start.sh": len(comments), "large.sh": ScriptSize,
		"binary": elfSize, "other": HeadSize, "data": 0, "small": 3,
	} {
		got, err := fsys.Stat(t.Context(), name)
		if err != nil || len(got.Head) != want {
			t.Errorf("%s: %d of %d bytes kept, %v; want %d", name, len(got.Head), got.Size, err, want)
		}
	}
}
