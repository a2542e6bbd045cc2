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
	if err := checkNames(h); err != nil {
		return err
	}
	name := path.Join("/", h.Name)
	if l.whiteout(name) {
		return l.counted(len(name))
	}
	e, err := l.read(h, l.tar)
	if err != nil {
		return err
	}
	return l.keep(name, e)
}

// checkNames refuses names that no file system takes. To follow them would cost more than their length.
func checkNames(h *tar.Header) error {
	for _, name := range []string{h.Name, h.Linkname} {
		if len(name) >= maxPath {
			return &LimitError{What: "bytes of a path in a layer", Limit: maxPath - 1}
		}
		for component := range strings.SplitSeq(name, "/") {
			if len(component) > maxName {
				return &LimitError{What: "bytes of a name in a layer", Limit: maxName}
			}
		}
	}
	return nil
}

// entryCost is about what an entry takes in memory beside its texts.
const entryCost = 200

// counted adds an entry, whose texts have a number of bytes, to what the layer takes.
func (l *Layer) counted(bytes int) error {
	if l.count++; l.count > l.budget.limits.Entries {
		return &LimitError{What: "entries of one layer", Limit: int64(l.budget.limits.Entries)}
	}
	cost := int64(bytes) + entryCost
	l.kept += cost
	return l.budget.keep(cost)
}

// whiteout notes what an entry hides, if that is what it is there for.
func (l *Layer) whiteout(name string) bool {
	dir, base := path.Split(name)
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
func (l *Layer) keep(name string, e *entry) error {
	l.entries[name] = e
	if l.native == "" && Architecture(e.head) != "" {
		l.native = name
	}
	if err := l.counted(len(name) + len(e.target) + len(e.head)); err != nil {
		return err
	}
	for dir := parent(name); dir != "/" && l.entries[dir] == nil; dir = parent(dir) {
		l.entries[dir] = &entry{kind: kindDirectory, mode: 0o755}
		if err := l.counted(0); err != nil { // its name is part of the entry's
			return err
		}
	}
	return nil
}

// parent is the directory of a clean, absolute path; that of "/" is "/".
func parent(name string) string {
	if i := strings.LastIndexByte(name, '/'); i > 0 {
		return name[:i]
	}
	return "/"
}

// hides reports whether this layer, read to its end, covers what lower layers have at the path.
func (l *Layer) hides(name string) bool {
	if l.hidden[name] {
		return true
	}
	for dir := parent(name); ; dir = parent(dir) {
		e := l.entries[dir]
		if l.opaque[dir] || l.hidden[dir] || (e != nil && e.kind != kindDirectory) {
			return true
		}
		if dir == "/" {
			return false
		}
	}
}
