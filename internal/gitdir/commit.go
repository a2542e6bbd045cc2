package gitdir

import (
	"bufio"
	"cmp"
	"os"
	"path/filepath"
	"strings"
)

// Commit is the SHA of the commit that is checked out, or "" where there is none yet.
func (c Checkout) Commit() string {
	head := readLine(c.dir, "HEAD")
	ref, symbolic := strings.CutPrefix(head, "ref: ")
	if !symbolic {
		return head
	}
	return cmp.Or(readLine(c.common, ref), packedRef(c.common, ref))
}

// packedRef finds a ref that has no file of its own.
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
