package kustomize

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// files is the file system that kustomize renders from: the disk, with other content for one kustomization.
// Kustomize reads each kustomization before it loads what that names, so that looking at the kustomizations as they
// are read finds every remote address before it is fetched.
type files struct {
	filesys.FileSystem
	// target is the real path of the kustomization for which standIn is read.
	target  string
	path    string
	shown   []byte
	standIn []byte

	remoteFetch bool
	// refused are the remote addresses found.
	refused []error
	// read are the kustomizations read so far, for the line in an error.
	read []manifest
}

// manifest is a file, by the path to show and the real one, and its content.
type manifest struct {
	path, real string
	content    []byte
}

func newFiles(path string, content []byte, remoteFetch bool) (*files, error) {
	target, err := realPath(path)
	return &files{FileSystem: filesys.MakeFsOnDisk(), target: target, path: path, shown: content, remoteFetch: remoteFetch}, err
}

func realPath(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(absolute)
}

// ReadFile implements filesys.FileSystem. Kustomize asks with real paths.
func (f *files) ReadFile(path string) ([]byte, error) {
	if path == f.target {
		return f.standIn, f.inspect(manifest{f.path, f.target, f.shown})
	}
	content, err := f.FileSystem.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return content, f.inspect(manifest{f.display(path), path, content})
}

// inspect refuses a file that names remote addresses. Kustomize itself takes a kustomization that cannot be read for
// one that isn't there, hence refused.
func (f *files) inspect(file manifest) error {
	isKustomization := slices.Contains(konfig.RecognizedKustomizationFileNames(), filepath.Base(file.path))
	if isKustomization {
		f.read = append(f.read, file)
	}
	if f.remoteFetch || !isKustomization && !bytes.Contains(file.content, []byte("builtin")) {
		return nil
	}
	found := remoteErrors(file.path, 0, file.content, isKustomization)
	f.refused = append(f.refused, found...)
	return errors.Join(found...)
}

// display turns a real path into one below the root kustomization's folder as the user gave it.
func (f *files) display(path string) string {
	if !filepath.IsAbs(path) {
		return path
	}
	relative, err := filepath.Rel(filepath.Dir(f.target), path)
	if err != nil {
		return path
	}
	return filepath.Join(filepath.Dir(f.path), relative)
}
