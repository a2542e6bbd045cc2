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

// File is one entry of an image's layer: a regular file, a symbolic link or a directory. It belongs to root.
type File struct {
	// Path is where it is in the image: absolute and clean, such as "/app/cart".
	Path string
	// Mode contains its permission bits; 0 means 0o755.
	Mode fs.FileMode
	// Source is the local file to read. Where it is empty, Content is what the file contains.
	Source  string
	Content []byte
	// Link makes it a symbolic link to this target, Directory an empty directory.
	Link      string
	Directory bool
}

// layerOf packs the files in an order that depends on their paths alone; with parents, the directories above them too.
// The compressed layer is kept in memory, since its digest is asked for before it is sent.
func layerOf(files []File, parents bool) (v1.Layer, error) {
	files = sorted(files)
	if err := check(files); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		reader, writer := io.Pipe()
		go func() { writer.CloseWithError(pack(writer, files, parents)) }()
		return reader, nil
	}, tarball.WithMediaType(types.OCILayer), tarball.WithCompressedCaching)
}

func sorted(files []File) []File {
	return slices.SortedFunc(slices.Values(files), func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
}

// check takes sorted files, in which a file comes before all that would lie below it.
func check(files []File) error {
	if len(files) == 0 {
		return errors.New("there are no files to put into it")
	}
	taken := map[string]File{}
	for _, f := range files {
		if !strings.HasPrefix(f.Path, "/") || f.Path == "/" || path.Clean(f.Path) != f.Path {
			return fmt.Errorf("file path %q: must be absolute and clean, such as /app/cart", f.Path)
		}
		if other, ok := taken[f.Path]; ok && (!f.Directory || !other.Directory) {
			return fmt.Errorf("file path %q: given twice", f.Path)
		}
		for dir := path.Dir(f.Path); dir != "/"; dir = path.Dir(dir) {
			if above, ok := taken[dir]; ok && !above.Directory {
				return fmt.Errorf("file path %q: %q is a file too", f.Path, dir)
			}
		}
		taken[f.Path] = f
	}
	return nil
}
