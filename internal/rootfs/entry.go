package rootfs

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"errors"
	"io"
	"path"
	"strings"
)

// How much is kept of a file's content, in bytes.
const (
	HeadSize   = 256       // what Linux reads to decide how to start a file (BINPRM_BUF_SIZE)
	ScriptSize = 64 * 1024 // scripts up to here are kept whole, so that they can be read like their interpreter does
	elfSize    = 64        // an ELF header is no longer
)

type kind int

const (
	kindFile kind = iota
	kindDirectory
	kindSymlink
)

// entry is what is remembered of one file, link or directory.
type entry struct {
	kind   kind
	mode   int64
	size   int64
	target string // of a symbolic link
	head   []byte
}

// read takes over what the archive says at this point.
func (l *Layer) read(h *tar.Header, content io.Reader) (*entry, error) {
	e := &entry{mode: h.Mode, size: h.Size}
	switch h.Typeflag {
	case tar.TypeDir:
		e.kind = kindDirectory
	case tar.TypeSymlink:
		e.kind, e.target = kindSymlink, h.Linkname
	case tar.TypeLink:
		return l.linked(h.Linkname, e.mode), nil
	case tar.TypeReg:
		head, err := l.heads.read(h.Name, e, content)
		if len(head) > HeadSize {
			if l.budget.keepScript(int64(len(head))) {
				l.scripts += int64(len(head))
			} else {
				head = bytes.Clone(head[:HeadSize])
			}
		}
		e.head = head
		return e, err
	}
	return e, nil
}

// linked is a hard link: it names an earlier entry of its own layer and is the same file.
func (l *Layer) linked(target string, mode int64) *entry {
	if first := l.entries[path.Join("/", target)]; first != nil {
		return first
	}
	return &entry{kind: kindSymlink, mode: mode, target: path.Join("/", target)}
}

// heads reads the first bytes of files, and keeps only what can matter later, so that memory does not grow with
// what a layer contains. It is a buffer, used over and over.
type heads struct{ buffer [ScriptSize]byte }

func (h *heads) read(name string, e *entry, content io.Reader) ([]byte, error) {
	n, err := io.ReadFull(content, h.buffer[:HeadSize])
	if n == HeadSize && isScript(name, h.buffer[:n]) {
		var more int
		more, err = io.ReadFull(content, h.buffer[HeadSize:])
		n += more
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = shortOf(e.size, n)
	}
	return bytes.Clone(worth(e, h.buffer[:n])), err
}

// shortOf is an error where an archive ends before its file does.
func shortOf(size int64, n int) error {
	if int64(n) < size {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// isScript recognises what a shell could be given to run.
func isScript(name string, head []byte) bool {
	return bytes.HasPrefix(head, []byte("#!")) || strings.HasSuffix(name, ".sh")
}

// worth cuts a head to what a question about the file could need.
func worth(e *entry, head []byte) []byte {
	switch {
	case bytes.HasPrefix(head, []byte(elf.ELFMAG)):
		return head[:min(len(head), elfSize)]
	case len(head) > HeadSize, int64(len(head)) == e.size, e.mode&0o111 != 0:
		return head
	}
	return nil
}
