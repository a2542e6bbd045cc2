package rootfs

import (
	"errors"
	"fmt"
)

// Why a path leads to no program. They come wrapped in a *PathError; the words are those of Linux.
var (
	ErrNotFound      = errors.New("no such file or directory")
	ErrNotDirectory  = errors.New("not a directory")
	ErrIsDirectory   = errors.New("is a directory")
	ErrNotExecutable = errors.New("permission denied")
	ErrLoop          = errors.New("too many levels of symbolic links")
	ErrNameTooLong   = errors.New("file name too long")
)

// PathError says which path of the container could not be used, and why.
type PathError struct {
	Path string
	Err  error // one of the Err values of this package
}

func (e *PathError) Error() string { return e.Path + ": " + e.Err.Error() }

func (e *PathError) Unwrap() error { return e.Err }

// LayerError says which layer could not be read, and why.
type LayerError struct {
	Layer  int // counted from the lowest, which is 0
	Layers int // how many there are
	Err    error
}

func (e *LayerError) Error() string {
	return fmt.Sprintf("reading layer %d of %d: %v", e.Layer+1, e.Layers, e.Err)
}

func (e *LayerError) Unwrap() error { return e.Err }
