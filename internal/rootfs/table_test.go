package rootfs

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/containerd/stargz-snapshotter/estargz"
	"github.com/klauspost/compress/zstd"
)

// blob is a layer's blob that counts what is read of it.
type blob struct {
	content     []byte
	annotations map[string]string
	opened      int
	ranged      int64 // bytes
}

func (b *blob) source() Source {
	return Source{
		Size: int64(len(b.content)), Annotations: b.annotations,
		Open: func() (io.ReadCloser, error) { b.opened++; return io.NopCloser(bytes.NewReader(b.content)), nil },
		Range: func(offset, length int64) (io.ReadCloser, error) {
			b.ranged += length
			return io.NopCloser(io.NewSectionReader(bytes.NewReader(b.content), offset, length)), nil
		},
	}
}

// noise does not get smaller when it is packed.
func noise(size int) string {
	content := make([]byte, size)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range content {
		content[i] = byte(random.Uint32())
	}
	return string(content)
}

// contents is what the layers with a table hold: enough in front to make it worth reading.
func contents() []tarEntry {
	return []tarEntry{
		dir("usr"), file("usr/share/data", 0o644, noise(2<<20)), file("usr/bin/app", 0o755, elfHeader(arm8)+noise(1000)), link("app", "usr/bin/app"),
		hard("same", "usr/bin/app"), file("entry.sh", 0o755, "#!/app\n"+strings.Repeat("# text\n", 1000)), file("old/.wh.gone", 0, ""),
		file("empty", 0o644, ""),
	}
}

func stargz(t *testing.T, content []byte) *blob {
	t.Helper()
	built, err := estargz.Build(io.NewSectionReader(bytes.NewReader(content), 0, int64(len(content))), estargz.WithMinChunkSize(64<<10))
	if err != nil {
		t.Fatal(err)
	}
	packed, err := io.ReadAll(built)
	if err != nil {
		t.Fatal(err)
	}
	return &blob{content: packed, annotations: map[string]string{stargzDigest: built.TOCDigest().String()}}
}

// chunked packs as zstd:chunked does: a frame for each file's content, the table in a frame that is skipped.
func chunked(t *testing.T, entries []tarEntry) *blob {
	t.Helper()
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	var table struct {
		Version int          `json:"version"`
		Entries []tableEntry `json:"entries"`
	}
	types := map[byte]string{tar.TypeReg: "reg", tar.TypeDir: "dir", tar.TypeSymlink: "symlink", tar.TypeLink: "hardlink"}
	for _, e := range entries {
		whole := tarOf(t, e)
		listed := tableEntry{Type: types[e.header.Typeflag], Name: e.header.Name, LinkName: e.header.Linkname, Mode: e.header.Mode, Size: e.header.Size}
		packed.Write(encoder.EncodeAll(whole[:512], nil))
		if e.content != "" {
			listed.Offset = int64(packed.Len())
			packed.Write(encoder.EncodeAll([]byte(e.content), nil))
			listed.EndOffset = int64(packed.Len())
		}
		packed.Write(encoder.EncodeAll(whole[512+len(e.content):len(whole)-1024], nil)) // up to the end mark
		table.Entries = append(table.Entries, listed)
	}
	packed.Write(encoder.EncodeAll(make([]byte, 1024), nil))
	list, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	frame := encoder.EncodeAll(list, nil)
	packed.WriteString("\x50\x2a\x4d\x18")
	packed.Write([]byte{byte(len(frame)), byte(len(frame) >> 8), byte(len(frame) >> 16), 0})
	position := fmt.Sprintf("%d:%d:%d:1", packed.Len(), len(frame), len(list))
	packed.Write(frame)
	return &blob{content: packed.Bytes(), annotations: map[string]string{
		chunkedPosition: position, chunkedChecksum: fmt.Sprintf("sha256:%x", sha256.Sum256(frame)),
	}}
}

func TestTablesOfContentsSpareTheArchive(t *testing.T) {
	for name, b := range map[string]*blob{"estargz": stargz(t, tarOf(t, contents()...)), "zstd_chunked": chunked(t, contents())} {
		t.Run(name, func(t *testing.T) {
			sameAsArchive(t, b)
			if b.opened != 0 || b.ranged > 300<<10 {
				t.Errorf("opened %d times, %d of %d bytes read; want a few parts alone", b.opened, b.ranged, len(b.content))
			}
		})
	}
}

// sameAsArchive asks the same of the blob and of a plain archive.
func sameAsArchive(t *testing.T, b *blob) {
	t.Helper()
	below := layerOf(t, file("old/gone", 0o644, "x"), file("old/kept", 0o644, "y"))
	fsys := Of(NewLayer(sourceOf(below), DefaultLimits()), NewLayer(b.source(), DefaultLimits()))
	for _, path := range []string{"/app", "/same", "/entry.sh"} {
		p, err := fsys.Find(Command{Args: []string{path}})
		if err != nil || p.Architecture != "arm64" {
			t.Errorf("%s: got %q, %v; want arm64", path, p.Architecture, err)
		}
	}
	if script, err := fsys.Stat("/entry.sh"); err != nil || !script.Whole() {
		t.Errorf("/entry.sh: %d of %d bytes, %v", len(script.Head), script.Size, err)
	}
	if _, err := fsys.Stat("/old/gone"); !errors.Is(err, ErrNotFound) {
		t.Errorf("/old/gone: got error %v, want %v", err, ErrNotFound)
	}
	if _, err := fsys.Stat("/old/kept"); err != nil {
		t.Error(err)
	}
}

func TestWhereTheTableIsNoUseTheArchiveIsRead(t *testing.T) {
	annotated := func(b *blob, key, value string) *blob { b.annotations[key] = value; return b }
	archive := tarOf(t, contents()...)
	broken := stargz(t, archive)
	copy(broken.content[len(broken.content)-stargzFooter:], make([]byte, stargzFooter))
	none := stargz(t, archive)
	for name, b := range map[string]*blob{
		"another_digest":   annotated(stargz(t, archive), stargzDigest, "sha256:00"),
		"no_footer":        broken,
		"another_checksum": annotated(chunked(t, contents()), chunkedChecksum, "sha256:00"),
		"a_bad_position":   annotated(chunked(t, contents()), chunkedPosition, "here"),
		"no_ranges":        none,
	} {
		t.Run(name, func(t *testing.T) {
			source := b.source()
			if b == none {
				source.Range = func(int64, int64) (io.ReadCloser, error) { return nil, ErrNoRange }
			}
			layer := NewLayer(source, DefaultLimits())
			p, err := Of(layer).Find(Command{Args: []string{"/entry.sh"}})
			if err != nil || p.Architecture != "arm64" || b.opened != 1 {
				t.Errorf("got %q, %v, opened %d times; want arm64 from the archive, opened once", p.Architecture, err, b.opened)
			}
		})
	}
}

func TestNativeReadsTheArchiveBehindATable(t *testing.T) {
	b := stargz(t, tarOf(t, contents()...))
	fsys := Of(NewLayer(b.source(), DefaultLimits()))
	if _, err := fsys.Stat("/entry.sh"); err != nil {
		t.Fatal(err)
	}
	file, found, err := fsys.Native()
	if err != nil || !found || file.Path != "/usr/bin/app" {
		t.Errorf("got %q, %v, %v; want /usr/bin/app", file.Path, found, err)
	}
}
