package assemble

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// headSize is enough of a file to recognise an ELF binary, and for which CPU it is.
const headSize = 64

// artifact is what an Artifact contains for one platform.
type artifact struct {
	source string
	files  []File
	// binaries maps each CPU, by its GOARCH, to the first binary for it.
	binaries map[string]string
}

// readArtifact lists the files of an artifact. Its error is about the user's files, and names the path.
func readArtifact(a build.Artifact, p v1.Platform) (artifact, error) {
	read := artifact{source: sourceFor(a.Source, p), binaries: map[string]string{}}
	root, err := build.Followed(read.source)
	if err != nil {
		return read, err
	}
	info, err := os.Stat(root)
	if err != nil {
		return read, err
	}
	destination := path.Clean(a.Destination)
	if !info.IsDir() && strings.HasSuffix(a.Destination, "/") {
		destination = path.Join(destination, filepath.Base(read.source))
	}
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		return read.add(name, path.Join(destination, filepath.ToSlash(relative)), a.Mode, entry)
	})
	return read, err
}

// sourceFor fills the placeholders of a path.
func sourceFor(source string, p v1.Platform) string {
	return strings.NewReplacer("{os}", p.OS, "{arch}", p.Architecture, "{variant}", p.Variant).Replace(source)
}

func (a *artifact) add(name, destination string, mode fs.FileMode, entry fs.DirEntry) error {
	switch entry.Type() {
	case fs.ModeDir:
		return a.addDirectory(name, destination)
	case fs.ModeSymlink:
		target, err := os.Readlink(name)
		a.files = append(a.files, File{Path: destination, Link: filepath.ToSlash(target)})
		return err
	case 0:
		return a.addRegular(name, destination, mode)
	}
	return fmt.Errorf("%s is neither a file, a folder nor a symbolic link", name)
}

// addDirectory adds a directory that contains nothing; the others are implied by what they contain.
func (a *artifact) addDirectory(name, destination string) error {
	entries, err := os.ReadDir(name)
	if err == nil && len(entries) == 0 && destination != "/" {
		a.files = append(a.files, File{Path: destination, Directory: true})
	}
	return err
}

func (a *artifact) addRegular(name, destination string, mode fs.FileMode) error {
	head, err := readHead(name)
	if err != nil {
		return err
	}
	if cpu := rootfs.Architecture(head); cpu != "" && a.binaries[cpu] == "" {
		a.binaries[cpu] = name
	}
	if mode == 0 {
		mode = modeOf(head)
	}
	a.files = append(a.files, File{Path: destination, Mode: mode, Source: name})
	return nil
}

// modeOf goes by content: a mode on disk is lost on the way between jobs, and depends on the umask otherwise.
func modeOf(head []byte) fs.FileMode {
	for _, magic := range []string{"\x7fELF", "#!"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return 0o755
		}
	}
	return 0o644
}

func readHead(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, headSize))
}

// foreign returns the CPUs that an artifact's binaries are for when none of them is the platform's. A folder that
// contains binaries for several CPUs, such as prebuilt modules, is fine as long as the platform's is among them.
func (a *artifact) foreign(p v1.Platform) []string {
	var others []string
	for cpu := range a.binaries {
		if cpu == p.Architecture || cpu == "386" && p.Architecture == "amd64" {
			return nil
		}
		others = append(others, cpu)
	}
	slices.Sort(others)
	return others
}
