package gitops

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Job is what the runner says of the checkout. It is asked where there is no git folder: actions/checkout leaves none
// on a machine without git.
type Job struct {
	// Workspace is the folder of the checkout, Repository its OWNER/NAME, Ref what was checked out, such as refs/heads/main.
	Workspace, Repository, Ref string
}

// ErrNoBranch says that what is checked out is no branch, so that nothing can be committed to it.
var ErrNoBranch = errors.New("no branch is checked out")

// Locate finds where the file was checked out from. A job may check out several repositories, and the git folder
// beside the file tells which one it is of. Branch overrides the one that is checked out; without either, the error
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
	if branch != "" {
		place.Branch = branch
	}
	path, err := filepath.Rel(root, file)
	if err != nil || !filepath.IsLocal(path) || place.Repository == "" {
		return Place{}, fmt.Errorf("%s is in no checkout of a repository on GitHub: there is no git folder with a remote origin above it, and it is not below GITHUB_WORKSPACE; check the repository out with actions/checkout", file)
	}
	place.Path = filepath.ToSlash(path)
	if place.Branch == "" {
		return place, ErrNoBranch
	}
	return place, nil
}

// resolve returns the absolute path of a file, symbolic links followed, since git holds the link's target.
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
	return root, Place{Repository: job.Repository, Branch: branchOf(job.Ref)}
}

// ofGit reads the git folder of the checkout that holds dir (https://git-scm.com/docs/gitrepository-layout).
func ofGit(dir string) (string, Place) {
	for {
		tree := os.DirFS(dir)
		if config, err := fs.ReadFile(tree, ".git/config"); err == nil {
			head, _ := fs.ReadFile(tree, ".git/HEAD")
			ref := strings.TrimPrefix(strings.TrimSpace(string(head)), "ref: ")
			return dir, Place{Repository: origin(string(config)), Branch: branchOf(ref)}
		}
		if _, err := fs.Stat(tree, ".git"); err == nil { // a file leads elsewhere: this is no plain checkout
			return "", Place{}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", Place{}
		}
		dir = parent
	}
}

func branchOf(ref string) string {
	branch, ok := strings.CutPrefix(ref, "refs/heads/")
	if !ok {
		return ""
	}
	return branch
}

var (
	originURL = regexp.MustCompile(`(?m)^\[remote "origin"\]\s*\n(?:[ \t]+[^\n]*\n)*?[ \t]*url\s*=\s*(\S+)`)
	ownerName = regexp.MustCompile(`[:/]([^/:]+/[^/]+?)(?:\.git)?/?$`)
)

// origin is the OWNER/NAME of the remote origin, which git writes as https://HOST/OWNER/NAME or git@HOST:OWNER/NAME.git.
func origin(config string) string {
	url := originURL.FindStringSubmatch(config)
	if url == nil {
		return ""
	}
	parts := ownerName.FindStringSubmatch(url[1])
	if parts == nil {
		return ""
	}
	return parts[1]
}
