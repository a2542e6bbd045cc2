package rootfs

import (
	"archive/tar"
	"path"
	"strings"
)

// A whiteout hides a file of the layers below, an opaque one all that they have in its directory.
// https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
const (
	whiteoutPrefix = ".wh."
	whiteoutOpaque = ".wh..wh..opq"
)

func (l *Layer) add(h *tar.Header) error {
	if l.whiteout(h.Name) {
		return l.counted()
	}
	e, err := l.read(h, l.tar)
	if err != nil {
		return err
	}
	l.keep(h.Name, e)
	return l.counted()
}

func (l *Layer) counted() error {
	if l.count++; l.count > l.limits.Entries {
		return &LimitError{What: "entries of one layer", Limit: int64(l.limits.Entries)}
	}
	return nil
}

// whiteout notes what an entry hides, if that is what it is there for.
func (l *Layer) whiteout(name string) bool {
	dir, base := path.Split(path.Join("/", name))
	switch {
	case base == whiteoutOpaque:
		l.opaque[path.Clean(dir)] = true
	case strings.HasPrefix(base, whiteoutPrefix):
		l.hidden[path.Join(dir, strings.TrimPrefix(base, whiteoutPrefix))] = true
	default:
		return false
	}
	return true
}

// keep notes an entry, and the directories above it: tools may leave those out.
func (l *Layer) keep(name string, e *entry) {
	name = path.Join("/", name)
	l.entries[name] = e
	if l.native == "" && Architecture(e.head) != "" {
		l.native = name
	}
	for dir := path.Dir(name); dir != "/" && l.entries[dir] == nil; dir = path.Dir(dir) {
		l.entries[dir] = &entry{kind: kindDirectory, mode: 0o755}
	}
}

// hides reports whether this layer, read to its end, covers what lower layers have at the path.
func (l *Layer) hides(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
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
