package cloudbuild

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// oldest is the time of files in builds of unknown time. Before it, zip archives that a build makes can't contain them.
var oldest = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// archive writes files as a tar.gz that is the same on every machine and in every run: owners mean nothing in the
// image, and the time of a checkout would change its digest.
type archive struct {
	tar  *tar.Writer
	gzip *gzip.Writer
	time time.Time
}

func newArchive(w io.Writer, at time.Time) *archive {
	if at.Before(oldest) {
		at = oldest
	}
	compressed := gzip.NewWriter(w)
	return &archive{tar: tar.NewWriter(compressed), gzip: compressed, time: at}
}

func (a *archive) close() error { return errors.Join(a.tar.Close(), a.gzip.Close()) }

// add puts files below a folder of the archive. Links stay links: nothing outside of files is followed or read.
func (a *archive) add(ctx context.Context, below string, files fsutil.FS) error {
	if err := a.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: below + "/", Mode: 0o755,
		ModTime: a.time}); err != nil {
		return err
	}
	return files.Walk(ctx, "", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return a.file(below, filepath.ToSlash(name), info, files)
	})
}

func (a *archive) file(below, name string, info fs.FileInfo, files fsutil.FS) error {
	stat, ok := info.Sys().(*fstypes.Stat)
	if !ok {
		return fmt.Errorf("reading %q: %w", name, errors.ErrUnsupported)
	}
	header := &tar.Header{Name: path.Join(below, name), Linkname: stat.Linkname, Mode: int64(info.Mode().Perm()),
		ModTime: a.time}
	switch mode := info.Mode(); {
	case mode.IsDir():
		header.Typeflag, header.Name = tar.TypeDir, header.Name+"/"
	case mode&fs.ModeSymlink != 0:
		header.Typeflag = tar.TypeSymlink
	case mode.IsRegular() && stat.Linkname != "":
		header.Typeflag, header.Linkname = tar.TypeLink, path.Join(below, stat.Linkname)
	case mode.IsRegular():
		header.Typeflag, header.Size = tar.TypeReg, stat.Size
	default:
		return nil // a pipe or a device is nobody's source
	}
	if err := a.tar.WriteHeader(header); err != nil || header.Typeflag != tar.TypeReg {
		return err
	}
	return a.content(name, files)
}

func (a *archive) content(name string, files fsutil.FS) error {
	file, err := files.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := io.Copy(a.tar, file); err != nil {
		return fmt.Errorf("reading %q: %w", name, err)
	}
	return nil
}

// ignored reads the patterns of a .dockerignore; none come of no file.
func ignored(file string) ([]string, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	patterns, err := ignorefile.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", file, err)
	}
	return patterns, nil
}
