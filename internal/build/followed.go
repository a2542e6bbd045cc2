package build

import (
	"cmp"
	"fmt"
	"path/filepath"
)

// Followed is where a path leads, for an artifact, a context or a Dockerfile. It may be a link itself, such as
// dist/latest; those inside of a folder stay links. The files of the working directory are a repository's, and none of
// its links may bring a file of the machine into an image.
func Followed(source string) (string, error) {
	target, err := filepath.EvalSymlinks(source)
	if err != nil {
		return "", err
	}
	inside, err := isInside(".", source)
	if err != nil || !inside {
		return target, err
	}
	folder, err := filepath.EvalSymlinks(".")
	if err != nil {
		return "", err
	}
	if stays, err := isInside(folder, target); err != nil || !stays {
		return "", cmp.Or(err, fmt.Errorf("%s is a link out of the working directory, to %s; name that file itself, or "+
			"copy it", source, target))
	}
	return target, nil
}

// isInside reports whether a path is below a folder, by their names.
func isInside(folder, path string) (bool, error) {
	from, err := filepath.Abs(folder)
	if err != nil {
		return false, err
	}
	to, err := filepath.Abs(path)
	if err != nil {
		return false, err
	}
	relative, err := filepath.Rel(from, to)
	return err == nil && filepath.IsLocal(relative), nil
}
