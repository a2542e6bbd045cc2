package inputs

import (
	"bufio"
	"cmp"
	"os"
	"path/filepath"
	"strings"
)

// HeadCommit returns the SHA of the commit checked out in the git working tree at folder, or "" when there is none.
// The program has no git binary beside it, so it reads HEAD, loose refs and packed-refs itself
// (https://git-scm.com/docs/gitrepository-layout).
func HeadCommit(folder string) string {
	gitDir := gitDirectory(folder)
	head := readLine(gitDir, "HEAD")
	ref, symbolic := strings.CutPrefix(head, "ref: ")
	if !symbolic {
		return head
	}
	refs := commonDirectory(gitDir)
	return cmp.Or(readLine(refs, ref), packedRef(refs, ref))
}

// gitDirectory is where HEAD is. In a linked working tree or a submodule, `.git` is a file that names it.
func gitDirectory(folder string) string {
	gitDir := filepath.Join(folder, ".git")
	if linked, found := strings.CutPrefix(readLine(folder, ".git"), "gitdir: "); found {
		gitDir = from(folder, linked)
	}
	return gitDir
}

// commonDirectory is where the refs are: linked working trees have them in common.
func commonDirectory(gitDir string) string {
	return from(gitDir, cmp.Or(readLine(gitDir, "commondir"), "."))
}

// from is path as seen from base.
func from(base, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(base, path)
}

func packedRef(folder, ref string) string {
	file, err := os.Open(filepath.Join(folder, "packed-refs"))
	if err != nil {
		return ""
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if sha, found := strings.CutSuffix(lines.Text(), " "+ref); found {
			return sha
		}
	}
	return ""
}

func readLine(folder, name string) string {
	content, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(content))
}
