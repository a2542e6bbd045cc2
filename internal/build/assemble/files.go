package assemble

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// File is one regular file of an image. It belongs to root.
type File struct {
	// Path is where it stands in the image: absolute and clean, such as "/app/cart".
	Path string
	// Mode holds its permission bits; 0 means 0o755, since artifacts passed between jobs often lose theirs.
	Mode fs.FileMode
	// Source is the local file to read. Where it is empty, Content is what the file holds.
	Source  string
	Content []byte
}

// layerOf packs the files, with the directories above them, in an order that depends on their paths alone.
func layerOf(files []File) (v1.Layer, error) {
	files = slices.SortedFunc(slices.Values(files), func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	if err := check(files); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		reader, writer := io.Pipe()
		go func() { writer.CloseWithError(pack(writer, files)) }()
		return reader, nil
	}, tarball.WithMediaType(types.OCILayer), tarball.WithCompressedCaching)
}

// check takes sorted files, in which a file stands before all that would lie below it.
func check(files []File) error {
	if len(files) == 0 {
		return errors.New("there are no files to put into it")
	}
	taken := map[string]bool{}
	for _, f := range files {
		if !strings.HasPrefix(f.Path, "/") || f.Path == "/" || path.Clean(f.Path) != f.Path {
			return fmt.Errorf("file path %q: must be absolute and clean, such as /app/cart", f.Path)
		}
		if taken[f.Path] {
			return fmt.Errorf("file path %q: given twice", f.Path)
		}
		for dir := path.Dir(f.Path); dir != "/"; dir = path.Dir(dir) {
			if taken[dir] {
				return fmt.Errorf("file path %q: %q is a file too", f.Path, dir)
			}
		}
		taken[f.Path] = true
	}
	return nil
}
