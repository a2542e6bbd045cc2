package checkout

import (
	"fmt"
	"path"
	"strings"
)

// Place is a file on a branch of a repository.
type Place struct {
	// Repository is OWNER/NAME.
	Repository string
	Branch     string
	// CheckedOut: the branch is the one that is checked out, so that the checkout has what was there when this run
	// began.
	CheckedOut bool
	// Path is relative to the repository's root, with slashes.
	Path string
}

// String names the branch, for messages.
func (p Place) String() string { return fmt.Sprintf("branch %s of %s", p.Branch, p.Repository) }

// Folder is the file's folder in the repository, or the repository's name for a file at its root.
func (p Place) Folder() string {
	folder := path.Dir(p.Path)
	if folder == "." {
		_, name, _ := strings.Cut(p.Repository, "/")
		return name
	}
	return folder
}
