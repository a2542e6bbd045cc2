package github

import (
	"crypto/sha1" //nolint:gosec // git's own hash
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Commit is a commit as git has it: its SHA is that of its content.
type Commit struct {
	SHA     string
	Parents []string
	Message string
	Author  string
	// Files is the whole tree: path -> content.
	Files map[string]string
}

// hash names an object: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects#_object_storage
func hash(kind, content string) []byte {
	sum := sha1.Sum([]byte(fmt.Sprintf("%s %d\x00%s", kind, len(content), content))) //nolint:gosec // git's own hash
	return sum[:]
}

// tree is the hash of a folder, made of the hashes of what is in it.
func tree(files map[string]string) []byte {
	folders, rows := map[string]map[string]string{}, map[string]string{}
	for path, content := range files {
		folder, rest, nested := strings.Cut(path, "/")
		if !nested {
			rows[path] = "100644 " + path + "\x00" + string(hash("blob", content))
			continue
		}
		if folders[folder] == nil {
			folders[folder] = map[string]string{}
		}
		folders[folder][rest] = content
	}
	for folder, inside := range folders {
		rows[folder+"/"] = "40000 " + folder + "\x00" + string(tree(inside)) // git sorts folders with a slash behind
	}
	var names []string
	for name := range rows {
		names = append(names, name)
	}
	slices.Sort(names)
	var content strings.Builder
	for _, name := range names {
		content.WriteString(rows[name])
	}
	return hash("tree", content.String())
}

// newCommit names the commit by its content. Commits of one second differ by their parents.
func newCommit(c Commit, when time.Time) *Commit {
	var text strings.Builder
	fmt.Fprintf(&text, "tree %x\n", tree(c.Files))
	for _, parent := range c.Parents {
		fmt.Fprintf(&text, "parent %s\n", parent)
	}
	email := strings.ReplaceAll(c.Author, " ", "-") + "@users.noreply.github.com"
	fmt.Fprintf(&text, "author %s <%s> %d +0000\n", c.Author, email, when.Unix())
	fmt.Fprintf(&text, "committer GitHub <noreply@github.com> %d +0000\n\n%s", when.Unix(), c.Message)
	c.SHA = hex.EncodeToString(hash("commit", text.String()))
	return &c
}
