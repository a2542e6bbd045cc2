package github

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The names are what git itself gives to the same content, with `git hash-object`, `git write-tree` and
// `git commit-tree`.
func TestObjects_are_named_as_git_names_them(t *testing.T) {
	files := map[string]string{"a.txt": "hello\n", "a/b.txt": "",
		"deploy/production/kustomization.yaml": "resources: []\n"}
	commit := newCommit(Commit{Parents: nil, Message: "Start", Author: "octocat", Files: files},
		time.Unix(1_800_000_000, 0))
	got := []string{
		fmt.Sprintf("%x", hash("blob", "hello\n")),
		fmt.Sprintf("%x", tree(nil)),
		fmt.Sprintf("%x", tree(files)),
		commit.SHA,
	}
	want := []string{
		"ce013625030ba8dba906f756967f9e9ca394464a",
		"4b825dc642cb6eb9a060e54bf8d69288fbee4904",
		"2d4cedca0e1093ebd84f9a292d83d91abad64019",
		"90b3df98d862bae4c0cc98aee28799a0f7ee0e7b",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
