// Package files writes kustomizations and the files beside them, each in one step.
package files

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write replaces the content of the file at path, which must exist, in one step: a reader sees the old bytes or
// the new ones, never a part. A symbolic link stays and its target is written; owner and permissions stay. A file that
// already has the content is left alone, its modification time too.
func Write(path string, content []byte) error {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("writing the kustomization: %w", err)
	}
	current, err := os.ReadFile(target)
	if err != nil {
		return fmt.Errorf("writing the kustomization: %w", err)
	}
	if bytes.Equal(current, content) {
		return nil
	}
	info, err := os.Stat(target)
	if err != nil {
		return fmt.Errorf("writing the kustomization: %w", err)
	}
	if err := replaceFile(target, content, info); err != nil {
		return fmt.Errorf("writing the kustomization %s: %w; the file is unchanged, check that its folder is writable", path,
			err)
	}
	return nil
}

// WriteBeside writes a file in the folder of a kustomization in one step, as Write does; one that is new gets the
// kustomization's owner and permissions.
func WriteBeside(kustomization, path string, content []byte) error {
	current, err := os.ReadFile(path)
	if err == nil && bytes.Equal(current, content) {
		return nil
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		info, err = os.Stat(kustomization)
	}
	if err == nil {
		err = replaceFile(path, content, info)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w; check that its folder is writable", path, err)
	}
	return nil
}

// The temporary file is in the same folder, because a rename is atomic within one file system only.
func replaceFile(path string, content []byte, replaced fs.FileInfo) error {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // a no-op once renamed
	_, err = temp.Write(content)
	if err := errors.Join(err, temp.Chmod(replaced.Mode().Perm()), keepOwner(temp, replaced), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
