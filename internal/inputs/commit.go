package inputs

import (
	"bufio"
	"io/fs"
	"path"
	"strings"
)

// HeadCommit returns the SHA of the commit checked out in the git working tree at the root of fsys, or "" when
// there is none. The program has no git binary beside it, so it reads HEAD, loose refs and packed-refs itself
// (https://git-scm.com/docs/gitrepository-layout).
func HeadCommit(fsys fs.FS) string {
	head := readLine(fsys, ".git/HEAD")
	ref, symbolic := strings.CutPrefix(head, "ref: ")
	if !symbolic {
		return head
	}
	if sha := readLine(fsys, path.Join(".git", ref)); sha != "" {
		return sha
	}
	return packedRef(fsys, ref)
}

func packedRef(fsys fs.FS, ref string) string {
	file, err := fsys.Open(".git/packed-refs")
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

func readLine(fsys fs.FS, name string) string {
	content, err := fs.ReadFile(fsys, name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(content))
}
