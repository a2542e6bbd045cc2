// Package gitdir reads what git keeps about a checkout: which commit, which branch, of which repository. The program
// has no git binary beside it (https://git-scm.com/docs/gitrepository-layout).
package gitdir

import (
	"os"
	"path/filepath"
	"strings"
)

// Checkout is a working tree.
type Checkout struct {
	// Root is its top folder.
	Root string
	// dir is where HEAD is, common where the refs and the configuration are: linked working trees have them in common.
	dir, common string
}

// Find returns the checkout that contains the folder, and whether there is one.
func Find(folder string) (Checkout, bool) {
	folder, err := filepath.Abs(folder)
	for err == nil {
		if _, err := os.Stat(filepath.Join(folder, ".git")); err == nil {
			return open(folder), true
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			break
		}
		folder = parent
	}
	return Checkout{}, false
}

// open reads `.git`, which in a linked working tree or a submodule is a file that names the folder.
func open(root string) Checkout {
	dir := filepath.Join(root, ".git")
	if linked, found := strings.CutPrefix(readLine(root, ".git"), "gitdir: "); found {
		dir = from(root, linked)
	}
	common := dir
	if shared := readLine(dir, "commondir"); shared != "" {
		common = from(dir, shared)
	}
	return Checkout{Root: root, dir: dir, common: common}
}

// Branch is the branch that is checked out, or "" where a tag or a single commit is.
func (c Checkout) Branch() string {
	branch, ok := strings.CutPrefix(readLine(c.dir, "HEAD"), "ref: refs/heads/")
	if !ok {
		return ""
	}
	return branch
}

// from is path as seen from base.
func from(base, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(base, path)
}

func readLine(folder, name string) string {
	content, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(content))
}
