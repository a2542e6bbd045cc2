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

// pack writes the layer: https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md
func pack(w io.Writer, files []File) error {
	archive := tar.NewWriter(w)
	made := map[string]bool{"/": true}
	for _, f := range files {
		if err := makeParents(archive, path.Dir(f.Path), made); err != nil {
			return err
		}
		if err := add(archive, f); err != nil {
			return fmt.Errorf("packing %q: %w", f.Path, err)
		}
	}
	return archive.Close()
}

// makeParents writes directories before what they hold, each once: not every unpacker makes them up.
func makeParents(archive *tar.Writer, dir string, made map[string]bool) error {
	if made[dir] {
		return nil
	}
	made[dir] = true
	if err := makeParents(archive, path.Dir(dir), made); err != nil {
		return err
	}
	return archive.WriteHeader(&tar.Header{
		Typeflag: tar.TypeDir, Name: strings.TrimPrefix(dir, "/") + "/", Mode: 0o755, ModTime: epoch.Time,
	})
}

func add(archive *tar.Writer, f File) error {
	content, size, err := open(f)
	if err != nil {
		return err
	}
	defer content.Close()
	err = archive.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: strings.TrimPrefix(f.Path, "/"), Size: size,
		Mode: int64(cmp.Or(f.Mode.Perm(), 0o755)), ModTime: epoch.Time,
	})
	if err != nil {
		return err
	}
	_, err = io.Copy(archive, content)
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
