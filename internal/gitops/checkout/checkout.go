// Package checkout finds out of which repository, branch and folder a file was checked out.
package checkout

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitdir"
)

// Job is what the runner says of the checkout. It is asked where there is no git folder: actions/checkout leaves none
// on a machine without git.
type Job struct {
	// Workspace is the folder of the checkout, Repository its OWNER/NAME, Ref what was checked out, such as
	// refs/heads/main.
	Workspace, Repository, Ref string
}

// ErrNoBranch says that what is checked out is no branch, so that nothing can be committed to it.
var ErrNoBranch = errors.New("no branch is checked out")

// Locate finds where the file was checked out from. A job may check out several repositories, and the git folder
// beside the file says which one it is of. Branch overrides the one that is checked out; without either, the error
// is ErrNoBranch.
func Locate(file, branch string, job Job) (Place, error) {
	file, err := resolve(file)
	if err != nil {
		return Place{}, fmt.Errorf("looking for the repository of %s: %w", file, err)
	}
	root, place := ofGit(filepath.Dir(file))
	if place.Repository == "" {
		root, place = ofJob(job)
	}
	if place.CheckedOut = branch == "" || branch == place.Branch; !place.CheckedOut {
		place.Branch = branch
	}
	path, err := filepath.Rel(root, file)
	if err != nil || !filepath.IsLocal(path) || place.Repository == "" {
		return Place{}, fmt.Errorf("%s is in no checkout of a repository on GitHub: there is no git folder with a remote "+
			"origin above it, "+
			"and it is not below GITHUB_WORKSPACE; check the repository out with actions/checkout", file)
	}
	place.Path = filepath.ToSlash(path)
	if place.Branch == "" {
		return Place{}, ErrNoBranch
	}
	return place, nil
}

// resolve returns the absolute path of a file, symbolic links followed, since git has the link's target.
func resolve(file string) (string, error) {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return file, err
	}
	target, err := filepath.EvalSymlinks(absolute)
	if err != nil {
		return file, err
	}
	return target, nil
}

func ofJob(job Job) (string, Place) {
	root, err := resolve(job.Workspace)
	if job.Workspace == "" || err != nil {
		return "", Place{}
	}
	place := Place{Repository: job.Repository}
	if branch, ok := strings.CutPrefix(job.Ref, "refs/heads/"); ok {
		place.Branch = branch
	}
	return root, place
}

func ofGit(dir string) (string, Place) {
	checkout, ok := gitdir.Find(dir)
	if !ok {
		return "", Place{}
	}
	return checkout.Root, Place{Repository: checkout.Origin(), Branch: checkout.Branch()}
}
