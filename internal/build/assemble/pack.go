package assemble

import (
	"archive/tar"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// packer writes a layer: https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md
type packer struct {
	archive *tar.Writer
	// made are the directories that need no entry any more. Without parents, those that are implied get none: an entry
	// would change the owner and mode that a directory has in the base.
	made    map[string]bool
	parents bool
}

func pack(w io.Writer, files []File, parents bool) error {
	p := packer{archive: tar.NewWriter(w), made: map[string]bool{"/": true}, parents: parents}
	for _, f := range files {
		if err := p.add(f); err != nil {
			return fmt.Errorf("packing %q: %w", f.Path, err)
		}
	}
	return p.archive.Close()
}

func (p packer) add(f File) error {
	if p.parents {
		if err := p.makeDirectory(path.Dir(f.Path)); err != nil {
			return err
		}
	}
	switch {
	case f.Directory:
		return p.makeDirectory(f.Path)
	case f.Link != "":
		return p.archive.WriteHeader(&tar.Header{
			Typeflag: tar.TypeSymlink, Name: strings.TrimPrefix(f.Path, "/"), Linkname: f.Link, Mode: 0o777, ModTime: epoch.Time,
		})
	}
	return p.addRegular(f)
}

// makeDirectory writes directories before what they contain, each once: not every unpacker makes them up.
func (p packer) makeDirectory(dir string) error {
	if p.made[dir] {
		return nil
	}
	p.made[dir] = true
	if p.parents {
		if err := p.makeDirectory(path.Dir(dir)); err != nil {
			return err
		}
	}
	return p.archive.WriteHeader(&tar.Header{
		Typeflag: tar.TypeDir, Name: strings.TrimPrefix(dir, "/") + "/", Mode: 0o755, ModTime: epoch.Time,
	})
}

func (p packer) addRegular(f File) error {
	content, size, err := open(f)
	if err != nil {
		return err
	}
	defer content.Close()
	err = p.archive.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: strings.TrimPrefix(f.Path, "/"), Size: size,
		Mode: int64(cmp.Or(f.Mode.Perm(), 0o755)), ModTime: epoch.Time,
	})
	if err != nil {
		return err
	}
	_, err = io.Copy(p.archive, content)
	return err
}

func open(f File) (io.ReadCloser, int64, error) {
	if f.Source == "" {
		return io.NopCloser(bytes.NewReader(f.Content)), int64(len(f.Content)), nil
	}
	file, err := os.Open(f.Source)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", f.Source)
	}
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}
