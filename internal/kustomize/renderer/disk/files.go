package disk

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

// FS is the file system that kustomize renders from: the disk, with other content for one kustomization, and with
// bounds.
type FS struct {
	filesys.FileSystem
	// Target is the real path of the kustomization for which standIn is read.
	Target  string
	path    string
	shown   []byte
	standIn []byte
	// added are files that take the place of those on the disk, by their real paths.
	added map[string][]byte

	// Kustomizations are the kustomizations read so far, for the line in an error.
	Kustomizations []File
	// All are the real paths of all files that were read.
	All []string
	// WithAddress are the real paths of the files that contain an address.
	WithAddress []string
	// total is the size of all files read.
	total int
	// mentioned are the words that a file contains.
	mentioned map[string]bool
	// entries are those of all kustomizations read so far; see origin.MaxEntries. Counting ends the pass where there are
	// many, which Many then says.
	entries  int
	Counting bool
	Many     bool
	// Definitions decide from which files kustomize gets no schemas.
	Definitions Definitions
	// Bare leaves out of every kustomization what is not needed to find origins.
	Bare bool
	// Refused is the first file that is too large. Kustomize takes a kustomization that cannot be read for one that isn't
	// there, so that its own error would not say so.
	Refused error
}

// File is a file, by the path to show and the real one, and its content.
type File struct {
	Path, Real string
	Content    []byte
}

// words are what Mention can be asked for.
var words = []string{"needs-hash", "eplacement", "delimiter", "encoding", "image="}

// New returns the file system below path for the kustomization in target; beside are files that are not on the disk.
func New(path, target string, beside map[string][]byte) *FS {
	f := &FS{FileSystem: filesys.MakeFsOnDisk(), Target: target, path: path, added: map[string][]byte{},
		Definitions: Definitions{Aside: schemas.New(), whole: map[string]bool{}}}
	for name, content := range beside {
		f.added[filepath.Join(filepath.Dir(target), name)] = content
	}
	return f
}

// CleanedAbs implements filesys.FileSystem, for files that may not be on the disk yet.
func (f *FS) CleanedAbs(path string) (filesys.ConfirmedDir, string, error) {
	if _, isAdded := f.added[filepath.Clean(path)]; isAdded {
		return filesys.ConfirmedDir(filepath.Dir(path)), filepath.Base(path), nil
	}
	return f.FileSystem.CleanedAbs(path)
}

// Reset prepares another pass: shown is the content to look up lines in, and standIn what kustomize reads.
func (f *FS) Reset(shown, standIn []byte) {
	f.shown, f.standIn, f.Refused = shown, standIn, nil
	f.Kustomizations, f.All, f.WithAddress, f.total, f.mentioned = nil, nil, nil, 0, map[string]bool{}
	f.entries, f.Many = 0, false
	f.Definitions.begin()
}

// Swap has kustomize read something else, and forgets nothing of what was read.
func (f *FS) Swap(shown, standIn []byte) { f.shown, f.standIn, f.entries = shown, standIn, 0 }

// ReadFile implements filesys.FileSystem. Kustomize asks with real paths.
func (f *FS) ReadFile(path string) ([]byte, error) {
	if path == f.Target {
		f.note(File{f.path, f.Target, f.shown})
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
	if err := CheckSize(content, f.total); err != nil {
		err = fmt.Errorf("%s: %w", f.Display(path), err)
		if f.Refused == nil {
			f.Refused = err
		}
		return nil, err
	}
	content, err := f.withoutSchemas(path, content)
	if err != nil {
		return nil, err
	}
	f.note(File{f.Display(path), path, content})
	if isKustomization(path) {
		return f.kustomization(content)
	}
	return content, nil
}

// AsShown is a file in which a line can be looked up, by its real path.
func (f *FS) AsShown(path string) ([]byte, error) {
	if path == f.Target {
		return f.shown, nil
	}
	return f.FileSystem.ReadFile(path)
}

// ForLines is a file of the disk by the path that is shown, to look lines up in it; without content where it is none.
func (f *FS) ForLines(path string) []byte {
	content, _ := os.ReadFile(path)
	if f.Definitions.Aside == nil {
		return content
	}
	return f.Definitions.Aside.Rest(content)
}

// kustomization is the content of one as kustomize gets it in this pass.
func (f *FS) kustomization(content []byte) ([]byte, error) {
	if f.Bare {
		return origin.Bare(content), nil
	}
	if f.Counting {
		n := origin.Entries(content)
		f.entries += n
		if f.Many = f.Many || n > origin.MaxEntries || f.entries > origin.MaxAllEntries; f.Many {
			return nil, origin.ErrMany
		}
	}
	return content, nil
}

func isKustomization(path string) bool {
	return slices.Contains(konfig.RecognizedKustomizationFileNames(), filepath.Base(path))
}

func (f *FS) note(file File) {
	f.All = append(f.All, file.Real)
	if isKustomization(file.Path) {
		f.Kustomizations = append(f.Kustomizations, file)
	}
	if bytes.Contains(file.Content, []byte("://")) {
		f.WithAddress = append(f.WithAddress, file.Real)
	}
	for _, word := range words {
		f.mentioned[word] = f.mentioned[word] || bytes.Contains(file.Content, []byte(word))
	}
}

// Mention reports whether one of the files that were read contains the word, which is one of words.
func (f *FS) Mention(word string) bool { return f.mentioned[word] }

// Display turns a real path into one below the root kustomization's folder as the user gave it.
func (f *FS) Display(path string) string {
	if !filepath.IsAbs(path) {
		return path
	}
	relative, err := filepath.Rel(filepath.Dir(f.Target), path)
	if err != nil {
		return path
	}
	return filepath.Join(filepath.Dir(f.path), relative)
}
