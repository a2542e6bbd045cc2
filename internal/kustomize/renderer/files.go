package renderer

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/origin"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/schemas"
)

// files is the file system that kustomize renders from: the disk, with other content for one kustomization, and with
// bounds.
type files struct {
	filesys.FileSystem
	// target is the real path of the kustomization for which standIn is read.
	target  string
	path    string
	shown   []byte
	standIn []byte
	// added are files that take the place of those on the disk, by their real paths.
	added map[string][]byte

	// read are the kustomizations read so far, for the line in an error.
	read []manifest
	// all are the real paths of all files that were read.
	all []string
	// withAddress are the real paths of the files that contain an address.
	withAddress []string
	// total is the size of all files read.
	total int
	// mentioned are the words that a file contains.
	mentioned map[string]bool
	// entries are those of all kustomizations read so far; see origin.MaxEntries. counting ends the pass where there are
	// many.
	entries     int
	counting    bool
	many        bool
	definitions definitions
	// bare leaves out of every kustomization what is not needed to find origins.
	bare bool
	// refused is the first file that is too large. Kustomize takes a kustomization that cannot be read for one that isn't
	// there, so that its own error would not say so.
	refused error
}

// manifest is a file, by the path to show and the real one, and its content.
type manifest struct {
	path, real string
	content    []byte
}

// words are what render looks for in all files; see mayDepend.
var words = []string{"needs-hash", "eplacement", "delimiter", "encoding", "image="}

func newFiles(path, target string, beside map[string][]byte) *files {
	f := &files{FileSystem: filesys.MakeFsOnDisk(), target: target, path: path, added: map[string][]byte{},
		definitions: definitions{aside: schemas.New(), whole: map[string]bool{}}}
	for name, content := range beside {
		f.added[filepath.Join(filepath.Dir(target), name)] = content
	}
	return f
}

// CleanedAbs implements filesys.FileSystem, for files that may not be on the disk yet.
func (f *files) CleanedAbs(path string) (filesys.ConfirmedDir, string, error) {
	if _, isAdded := f.added[filepath.Clean(path)]; isAdded {
		return filesys.ConfirmedDir(filepath.Dir(path)), filepath.Base(path), nil
	}
	return f.FileSystem.CleanedAbs(path)
}

// reset prepares another pass: shown is the content to look up lines in, and standIn what kustomize reads.
func (f *files) reset(shown, standIn []byte) {
	f.shown, f.standIn, f.refused = shown, standIn, nil
	f.read, f.all, f.withAddress, f.total, f.mentioned = nil, nil, nil, 0, map[string]bool{}
	f.entries, f.many = 0, false
	f.definitions.begin()
}

// swap has kustomize read something else, and forgets nothing of what was read.
func (f *files) swap(shown, standIn []byte) { f.shown, f.standIn, f.entries = shown, standIn, 0 }

// ReadFile implements filesys.FileSystem. Kustomize asks with real paths.
func (f *files) ReadFile(path string) ([]byte, error) {
	if path == f.target {
		f.note(manifest{f.path, f.target, f.shown})
		if _, err := f.withoutSchemas(path, f.standIn); err != nil {
			return nil, err
		}
		return f.kustomization(f.standIn)
	}
	content, isAdded := f.added[path]
	if !isAdded {
		var err error
		if content, err = f.FileSystem.ReadFile(path); err != nil {
			return nil, err
		}
	}
	f.total += len(content)
	if err := checkSize(content, f.total); err != nil {
		err = fmt.Errorf("%s: %w", f.display(path), err)
		if f.refused == nil {
			f.refused = err
		}
		return nil, err
	}
	content, err := f.withoutSchemas(path, content)
	if err != nil {
		return nil, err
	}
	f.note(manifest{f.display(path), path, content})
	if isKustomization(path) {
		return f.kustomization(content)
	}
	return content, nil
}

// forLines is a file of the disk by the path that is shown, to look lines up in it; without content where it is none.
func (f *files) forLines(path string) []byte {
	content, _ := os.ReadFile(path)
	if f.definitions.aside == nil {
		return content
	}
	return f.definitions.aside.Rest(content)
}

// kustomization is the content of one as kustomize gets it in this pass.
func (f *files) kustomization(content []byte) ([]byte, error) {
	if f.bare {
		return origin.Bare(content), nil
	}
	if f.counting {
		n := origin.Entries(content)
		f.entries += n
		if f.many = f.many || n > origin.MaxEntries || f.entries > origin.MaxAllEntries; f.many {
			return nil, origin.ErrMany
		}
	}
	return content, nil
}

func isKustomization(path string) bool {
	return slices.Contains(konfig.RecognizedKustomizationFileNames(), filepath.Base(path))
}

func (f *files) note(file manifest) {
	f.all = append(f.all, file.real)
	if isKustomization(file.path) {
		f.read = append(f.read, file)
	}
	if bytes.Contains(file.content, []byte("://")) {
		f.withAddress = append(f.withAddress, file.real)
	}
	for _, word := range words {
		f.mentioned[word] = f.mentioned[word] || bytes.Contains(file.content, []byte(word))
	}
}

// mention reports whether one of the files that were read contains the word, which is one of words.
func (f *files) mention(word string) bool { return f.mentioned[word] }

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
