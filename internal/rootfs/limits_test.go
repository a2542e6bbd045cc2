package rootfs

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// blob is a layer's blob that counts how often it is opened.
type blob struct {
	content []byte
	opened  int
}

func (b *blob) source() Source {
	return func(context.Context) (io.ReadCloser, error) {
		b.opened++
		return io.NopCloser(bytes.NewReader(b.content)), nil
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

// contents is a layer with an entry of each kind.
func contents() []tarEntry {
	return []tarEntry{
		dir("usr"), file("usr/share/data", 0o644, noise(2<<20)),
		file("usr/bin/app", 0o755, elfHeader(arm8)+noise(1000)), link("app", "usr/bin/app"), hard("same", "usr/bin/app"),
		file("entry.sh", 0o755, "#!/app\n"+strings.Repeat("# text\n", 1000)), file("old/.wh.gone", 0, ""),
		file("empty", 0o644, ""),
	}
}

func gzipOf(t testing.TB, content []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func TestLimits_name_themselves(t *testing.T) {
	zeros := tarOf(t, file("zeros", 0o644, string(make([]byte, 4<<20))))
	many := func() (entries []tarEntry) {
		for i := range 20 {
			entries = append(entries, file(fmt.Sprint(i), 0o644, ""))
		}
		return entries
	}()
	for _, test := range []struct {
		name   string
		blob   *blob
		limits Limits
		want   string
	}{
		{"too_many_bytes", &blob{content: zeros}, Limits{Bytes: 1 << 20},
			"bytes of one layer, unpacked: at most 1048576 are read"},
		{"too_good_a_ratio", &blob{content: gzipOf(t, zeros)}, Limits{Ratio: 100, RatioFrom: 1 << 20},
			"bytes for each packed byte of a layer: at most 100 are read"},
		{"too_many_entries", &blob{content: tarOf(t, many...)}, Limits{Entries: 10},
			"entries of one layer: at most 10 are read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Of(NewLayer(test.blob.source(), NewBudget(over(test.limits)))).Stat(t.Context(), "/last")
			var limit *LimitError
			if !errors.As(err, &limit) || limit.Error() != test.want {
				t.Errorf("got error %v, want %q", err, test.want)
			}
		})
	}
}

// over is the defaults with what is set in place of them.
func over(set Limits) Limits {
	l := DefaultLimits()
	for _, pair := range []struct{ to, from *int64 }{
		{&l.Bytes, &set.Bytes}, {&l.Ratio, &set.Ratio}, {&l.RatioFrom, &set.RatioFrom},
	} {
		if *pair.from != 0 {
			*pair.to = *pair.from
		}
	}
	if set.Entries != 0 {
		l.Entries = set.Entries
	}
	return l
}

// A frame may ask for a window of terabytes, which the reader would have to set aside.
func TestZstd_window_is_bounded(t *testing.T) {
	frame := binary.LittleEndian.AppendUint32(nil, 0xfd2fb528)
	frame = append(frame, 0x00, 0xf8) // no single segment; window of 2^41 bytes
	_, err := Of(NewLayer((&blob{content: append(frame, make([]byte, 64)...)}).source(),
		NewBudget(DefaultLimits()))).Stat(t.Context(), "/app")
	if !errors.Is(err, zstd.ErrWindowSizeExceeded) {
		t.Errorf("got error %v, want %v", err, zstd.ErrWindowSizeExceeded)
	}
}

func TestBroken_layers_are_errors(t *testing.T) {
	good := gzipOf(t, tarOf(t, file("data", 0o644, noise(4096)), file("app", 0o755, elfHeader(x86))))
	for name, content := range map[string][]byte{
		"cut_short": good[:len(good)/2], "no_archive": []byte(strings.Repeat("no archive ",
			100)), "bad_gzip": append([]byte{0x1f, 0x8b}, 1, 2, 3),
	} {
		_, err := Of(NewLayer((&blob{content: content}).source(), NewBudget(DefaultLimits()))).Stat(t.Context(), "/app")
		var layer *LayerError
		if !errors.As(err, &layer) {
			t.Errorf("%s: got error %v, want a *LayerError", name, err)
		}
	}
}

// Images that share a layer read it at the same time; it must be opened once.
func TestShared_layer_is_read_once(t *testing.T) {
	b := &blob{content: gzipOf(t, tarOf(t, contents()...))}
	shared := NewLayer(b.source(), NewBudget(DefaultLimits()))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for _, path := range []string{"/entry.sh", "/app"} {
				if file, err := Of(shared).Stat(t.Context(), path); err != nil || !file.Executable {
					t.Errorf("%s: got %v, %v", path, file, err)
				}
			}
		})
	}
	group.Wait()
	if b.opened != 1 {
		t.Errorf("opened %d times, want once", b.opened)
	}
}
