package kustomize

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
)

// Find returns the path of the kustomization file in dir: kustomization.yaml, kustomization.yml or Kustomization,
// the names that kustomize knows. Dir may also name the file itself. None, or more than one, is an error,
// since kustomize refuses such a folder too.
func Find(dir string) (string, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return "", fmt.Errorf("looking for the kustomization: %w; name its folder in the input kustomization", err)
	}
	names := konfig.RecognizedKustomizationFileNames()
	if !info.IsDir() {
		if !slices.Contains(names, filepath.Base(dir)) {
			return "", fmt.Errorf("%s is not a kustomization: kustomize reads files named %s only; name the folder that has one",
				dir, list(names))
		}
		if !isFile(dir) {
			return "", fmt.Errorf("%s is no regular file, but a device or a pipe, so it is not read; name a file, or its folder",
				dir)
		}
		return dir, checkLink(dir)
	}
	found := slices.DeleteFunc(names, func(name string) bool { return !isFile(filepath.Join(dir, name)) })
	switch len(found) {
	case 0:
		return "", fmt.Errorf("no kustomization in folder %s: there is no %s; name the right folder in the input "+
			"kustomization, "+
			"or run `kustomize create --autodetect` there", dir, list(konfig.RecognizedKustomizationFileNames()))
	case 1:
		path := filepath.Join(dir, found[0])
		return path, checkLink(path)
	default:
		return "", fmt.Errorf("folder %s has %d kustomizations (%s): kustomize reads only one; remove the others",
			dir, len(found), strings.Join(found, ", "))
	}
}

// checkLink refuses a kustomization that is a link out of its folder, as kustomize does: a repository's link must not
// have a file of the machine rendered, nor changed.
func checkLink(path string) error {
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("looking for the kustomization: %w", err)
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("looking for the kustomization: %w", err)
	}
	if below, err := filepath.Rel(folder, target); err != nil || !filepath.IsLocal(below) {
		return fmt.Errorf("%s is a link out of its folder, which kustomize does not follow; name the folder where it leads, "+
			"or put a kustomization here that lists that folder under resources", path)
	}
	return nil
}

// isFile reports whether there is a regular file: a link of a repository may lead to a device that has no end.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// list writes names as a choice: "a, b or c".
func list(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
