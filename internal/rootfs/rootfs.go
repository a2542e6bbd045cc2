// Package rootfs looks into an image's layers without unpacking them: it finds the files that a container would
// start and says for which CPU they were built.
//
// Layers are read from the top down, as streams, and only as far as the file that is asked for. What was passed on the
// way is remembered (names, links, the first bytes), so further questions read on instead of anew.
package rootfs

import (
	"fmt"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxSymlinks is how many symbolic links Linux follows in one path (MAXSYMLINKS, path_resolution(7)).
const maxSymlinks = 40

// FS is the file system that a container of an image would see. It is not safe for concurrent use.
type FS struct {
	layers []*layer // the top one first
}

// New returns the file system of the layers in the order of v1.Image.Layers, the lowest first. Nothing is read yet.
func New(layers []v1.Layer) *FS {
	fsys := &FS{}
	for _, l := range layers {
		fsys.layers = append([]*layer{{source: l}}, fsys.layers...)
	}
	return fsys
}

// Close ends the streams that are still open. What was read stays known, and the FS may be used on: a layer that is
// asked for more is then read again from its start.
func (f *FS) Close() error {
	var first error
	for _, l := range f.layers {
		if err := l.close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// File is one file as a path leads to it.
type File struct {
	Path       string // absolute, with every symbolic link resolved
	Directory  bool
	Executable bool   // any of the three execute bits: who will run it is not known here
	Size       int64  // in bytes
	Head       []byte // the first 256 bytes; a #! script of up to 64 KiB is whole
}

// Whole reports whether Head is all of the file.
func (f File) Whole() bool { return int64(len(f.Head)) == f.Size }

// Stat finds the file at a path of the container, relative ones starting at "/". It follows symbolic and hard links and
// heeds whiteouts. Its errors are a *PathError for the path, or those of reading a layer.
func (f *FS) Stat(name string) (File, error) {
	todo, done := split(name), "/"
	for links := 0; len(todo) > 0; {
		next := path.Join(done, todo[0])
		e, err := f.lookup(next)
		if err != nil {
			return File{}, err
		}
		switch {
		case e == nil:
			return File{}, &PathError{Path: name, Err: ErrNotFound}
		case e.kind == kindSymlink:
			if links++; links > maxSymlinks {
				return File{}, &PathError{Path: name, Err: ErrLoop}
			}
			if path.IsAbs(e.target) {
				done = "/"
			}
			todo = append(split(e.target), todo[1:]...)
			continue
		case e.kind == kindFile && len(todo) > 1:
			return File{}, &PathError{Path: name, Err: ErrNotDirectory}
		}
		done, todo = next, todo[1:]
	}
	return f.file(done)
}

// split keeps "..": after a symbolic link it means the link target's parent, so it is resolved on the walk.
func split(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return r == '/' })
}

func (f *FS) file(resolved string) (File, error) {
	if resolved == "/" {
		return File{Path: "/", Directory: true}, nil
	}
	e, err := f.lookup(resolved)
	if err != nil {
		return File{}, err
	}
	return File{Path: resolved, Directory: e.kind == kindDirectory, Executable: e.mode&0o111 != 0, Size: e.size, Head: e.head}, nil
}

// lookup finds what the topmost layer that knows the path says about it; nil if nothing is there.
func (f *FS) lookup(name string) (*entry, error) {
	if name == "/" {
		return &entry{kind: kindDirectory}, nil
	}
	for i, l := range f.layers {
		e, err := l.find(name)
		if err != nil {
			return nil, fmt.Errorf("reading layer %d of %d from the top: %w", i+1, len(f.layers), err)
		}
		if e != nil {
			return e, nil
		}
		if l.hides(name) {
			return nil, nil
		}
	}
	return nil, nil
}
