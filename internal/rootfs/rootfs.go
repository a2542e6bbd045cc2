// Package rootfs looks into an image's layers without unpacking them: it finds the files that a container would
// start and reports for which CPU they were built.
//
// Layers are read from the top down, as streams, and only as far as the file that is asked for. What was passed on the
// way is remembered (names, links, the first bytes), so further questions read on instead of anew.
package rootfs

import (
	"context"
	"io"
	"path"
	"strings"
	"sync/atomic"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxSymlinks is how many symbolic links Linux follows in one path (MAXSYMLINKS, path_resolution(7)).
const maxSymlinks = 40

// FS is the file system that a container of an image would see. It is safe for concurrent use.
type FS struct {
	layers []*Layer // the lowest one first
	work   atomic.Int64
}

// New returns the file system of the layers in the order of v1.Image.Layers, the lowest first. Nothing is read yet.
func New(layers []v1.Layer, limits Limits) *FS {
	fsys, budget := &FS{}, NewBudget(limits)
	for _, l := range layers {
		fsys.layers = append(fsys.layers, NewLayer(func(context.Context) (io.ReadCloser, error) { return l.Uncompressed() },
			budget))
	}
	return fsys
}

// Of returns the file system of layers that other images may share, the lowest first.
func Of(layers ...*Layer) *FS { return &FS{layers: layers} }

// Close ends the streams that are still open. What was read stays known, and the FS may be used on: a layer that is
// asked for more is then read again from its start.
func (f *FS) Close() error {
	var first error
	for _, l := range f.layers {
		if err := l.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// File is one file as a path leads to it.
type File struct {
	Path       string // absolute, with every symbolic link resolved
	Layer      int    // which layer has it, the lowest is 0
	Directory  bool
	Executable bool  // any of the three execute bits: who will run it is not known here
	Size       int64 // in bytes
	// Head is the start of the file, as far as it was kept: the header of an ELF binary, a script (a file that starts
	// with #! or is called .sh) of up to 64 KiB whole, 256 bytes of another executable, and small files whole.
	Head []byte
}

// Whole reports whether Head is all of the file.
func (f File) Whole() bool { return int64(len(f.Head)) == f.Size }

// Stat finds the file at a path of the container, relative ones starting at "/". It follows symbolic and hard links and
// respects whiteouts. Its errors are a *PathError for the path, those of reading a layer, and that of ctx when it is
// done.
func (f *FS) Stat(ctx context.Context, name string) (File, error) {
	if err := tooLong(name); err != nil {
		return File{}, err
	}
	todo, done := split(name), "/"
	for links := 0; len(todo) > 0; {
		next := path.Join(done, todo[0])
		e, _, err := f.lookup(ctx, next)
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
	return f.file(ctx, done)
}

// tooLong is an error for a path that Linux takes from nobody.
func tooLong(name string) error {
	if len(name) >= maxPath {
		return &PathError{Path: name[:maxName] + "…", Err: ErrNameTooLong}
	}
	return nil
}

// Spend counts steps of work on this file system's image. It fails when there were too many, and when ctx is done.
func (f *FS) Spend(ctx context.Context, steps int) error {
	if len(f.layers) == 0 {
		return context.Cause(ctx)
	}
	budget := f.layers[0].budget
	if f.work.Add(int64(steps)) > budget.limits.ImageWork && budget.limits.ImageWork > 0 {
		return &LimitError{What: "steps for the layers of one image", Limit: budget.limits.ImageWork}
	}
	return budget.Spend(ctx, steps)
}

// split keeps "..": after a symbolic link it means the link target's parent, so it is resolved on the walk.
func split(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return r == '/' })
}

func (f *FS) file(ctx context.Context, resolved string) (File, error) {
	if resolved == "/" {
		return File{Path: "/", Directory: true}, nil
	}
	e, layer, err := f.lookup(ctx, resolved)
	if err != nil {
		return File{}, err
	}
	return e.file(resolved, layer), nil
}

func (e *entry) file(name string, layer int) File {
	return File{
		Path: name, Layer: layer, Directory: e.kind == kindDirectory, Executable: e.mode&0o111 != 0, Size: e.size,
		Head: e.head,
	}
}

// lookup finds what the topmost layer that knows the path says about it; nil if nothing is there.
func (f *FS) lookup(ctx context.Context, name string) (*entry, int, error) {
	if name == "/" {
		return &entry{kind: kindDirectory}, 0, nil
	}
	for i := len(f.layers) - 1; i >= 0; i-- {
		// A layer looks at every directory above a path that it does not have.
		if err := f.Spend(ctx, 1+strings.Count(name, "/")); err != nil {
			return nil, 0, err
		}
		e, covers, err := f.layers[i].find(ctx, name)
		if err != nil {
			return nil, 0, &LayerError{Layer: i, Layers: len(f.layers), Err: err}
		}
		if e != nil || covers {
			return e, i, nil
		}
	}
	return nil, 0, nil
}
