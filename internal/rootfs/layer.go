package rootfs

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// A whiteout hides a file of the layers below, an opaque one all that they have in its directory.
// https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
const (
	whiteoutPrefix = ".wh."
	whiteoutOpaque = ".wh..wh..opq"
)

const (
	headSize   = 256       // what Linux reads to decide how to start a file (BINPRM_BUF_SIZE)
	scriptSize = 64 * 1024 // scripts up to here are kept whole, so that they can be read like their interpreter does
)

type kind int

const (
	kindFile kind = iota
	kindDirectory
	kindSymlink
)

type entry struct {
	kind   kind
	mode   int64
	size   int64
	target string // of a symbolic link
	head   []byte
}

// layer is one layer's table of contents, as far as it was read.
type layer struct {
	source   v1.Layer
	stream   io.ReadCloser
	tar      *tar.Reader
	entries  map[string]*entry
	hidden   map[string]bool // whiteouts
	opaque   map[string]bool
	complete bool
}

// find reads on until the path turns up; nil if this layer has no such entry.
// A layer is expected to name a path once, so the first entry counts and the rest of the layer stays unread.
func (l *layer) find(name string) (*entry, error) {
	for {
		if e := l.entries[name]; e != nil {
			return e, nil
		}
		if l.complete {
			return nil, nil
		}
		if err := l.next(); err != nil {
			return nil, errors.Join(err, l.close())
		}
	}
}

// hides reports whether this layer, read to its end, covers what lower layers have at the path.
func (l *layer) hides(name string) bool {
	if l.hidden[name] {
		return true
	}
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		e := l.entries[dir]
		if l.opaque[dir] || l.hidden[dir] || (e != nil && e.kind != kindDirectory) {
			return true
		}
		if dir == "/" {
			return false
		}
	}
}

// next reads one entry of the layer.
func (l *layer) next() error {
	if err := l.open(); err != nil {
		return err
	}
	header, err := l.tar.Next()
	if errors.Is(err, io.EOF) {
		l.complete = true
		return l.close()
	}
	if err != nil {
		return err
	}
	return l.add(header)
}

func (l *layer) open() error {
	if l.stream != nil {
		return nil
	}
	stream, err := l.source.Uncompressed()
	if err != nil {
		return err
	}
	l.stream, l.tar = stream, tar.NewReader(stream)
	if l.entries == nil {
		l.entries, l.hidden, l.opaque = map[string]*entry{}, map[string]bool{}, map[string]bool{}
	}
	return nil
}

func (l *layer) close() error {
	if l.stream == nil {
		return nil
	}
	stream := l.stream
	l.stream, l.tar = nil, nil
	return stream.Close()
}

func (l *layer) add(h *tar.Header) error {
	name := path.Join("/", h.Name)
	dir, base := path.Split(name)
	switch {
	case base == whiteoutOpaque:
		l.opaque[path.Clean(dir)] = true
		return nil
	case strings.HasPrefix(base, whiteoutPrefix):
		l.hidden[path.Join(dir, strings.TrimPrefix(base, whiteoutPrefix))] = true
		return nil
	}
	e, err := l.read(h)
	if err != nil {
		return err
	}
	l.entries[name] = e
	l.addParents(name)
	return nil
}

// addParents: tools may leave directories out that the path of a file implies.
func (l *layer) addParents(name string) {
	for dir := path.Dir(name); dir != "/" && l.entries[dir] == nil; dir = path.Dir(dir) {
		l.entries[dir] = &entry{kind: kindDirectory, mode: 0o755}
	}
}

func (l *layer) read(h *tar.Header) (*entry, error) {
	e := &entry{mode: h.Mode, size: h.Size}
	switch h.Typeflag {
	case tar.TypeDir:
		e.kind = kindDirectory
	case tar.TypeSymlink:
		e.kind, e.target = kindSymlink, h.Linkname
	case tar.TypeLink:
		// A hard link names an earlier entry of its own layer; it is the same file.
		if linked := l.entries[path.Join("/", h.Linkname)]; linked != nil {
			return linked, nil
		}
		e.kind, e.target = kindSymlink, path.Join("/", h.Linkname)
	case tar.TypeReg:
		head, err := readHead(l.tar)
		e.head = head
		return e, err
	}
	return e, nil
}

func readHead(r io.Reader) ([]byte, error) {
	head, err := io.ReadAll(io.LimitReader(r, headSize))
	if err != nil || !bytes.HasPrefix(head, []byte("#!")) {
		return head, err
	}
	rest, err := io.ReadAll(io.LimitReader(r, scriptSize-headSize))
	return append(head, rest...), err
}
