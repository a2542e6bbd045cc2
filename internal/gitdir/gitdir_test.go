package gitdir_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitdir"
)

const sha = "0123456789abcdef0123456789abcdef01234567"

// config is what actions/checkout leaves.
func config(url string) string {
	return "[core]\n\trepositoryformatversion = 0\n\tbare = false\n[remote \"upstream\"]\n\turl = " +
		"https://github.com/else/where\n" +
		"[remote \"origin\"]\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n\turl = " + url + "\n[gc]\n\tauto = 0\n"
}

// found is what a checkout says of itself.
type found struct{ Root, Commit, Branch, Origin string }

func TestFind(t *testing.T) {
	const shop = "https://github.com/octo-org/shop"
	for _, test := range []struct {
		name string
		tree map[string]string
		from string
		want found
	}{
		{"branch", map[string]string{".git/HEAD": "ref: refs/heads/main\n", ".git/refs/heads/main": sha + "\n",
			".git/config": config(shop)}, ".",
			found{".", sha, "main", "octo-org/shop"}},
		{"from_a_folder_below", map[string]string{".git/HEAD": "ref: refs/heads/release/1.2", "deploy/x": ""}, "deploy",
			found{".", "", "release/1.2", ""}},
		{"packed_branch", map[string]string{
			".git/HEAD": "ref: refs/heads/main\n", ".git/packed-refs": "# pack-refs with: peeled\nffff refs/heads/not-main\n" +
				sha + " refs/heads/main\n",
		}, ".", found{".", sha, "main", ""}},
		{"detached_head", map[string]string{".git/HEAD": sha + "\n"}, ".", found{".", sha, "", ""}},
		{"linked_working_tree", map[string]string{
			"tree/.git": "gitdir: ../main/.git/worktrees/x\n", "main/.git/worktrees/x/HEAD": "ref: refs/heads/x\n",
			"main/.git/worktrees/x/commondir": "../..\n",
			"main/.git/refs/heads/x":          sha + "\n", "main/.git/config": config(shop),
		}, "tree", found{"tree", sha, "x", "octo-org/shop"}},
		{"submodule", map[string]string{
			".git/HEAD": "ref: refs/heads/main\n", ".git/config": config(shop), "lib/.git": "gitdir: ../.git/modules/lib\n",
			".git/modules/lib/HEAD": sha + "\n", ".git/modules/lib/config": config("https://github.com/octo-org/lib"),
		}, "lib", found{"lib", sha, "", "octo-org/lib"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := plant(t, test.tree)
			c, ok := gitdir.Find(filepath.Join(root, test.from))
			relative, err := filepath.Rel(root, c.Root)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, found{relative, c.Commit(), c.Branch(), c.Origin()}); diff != "" || !ok {
				t.Error(ok, diff)
			}
		})
	}
	if c, ok := gitdir.Find(t.TempDir()); ok {
		t.Errorf("a folder without git is in %+v", c)
	}
}

func TestOrigin(t *testing.T) {
	for url, want := range map[string]string{
		"https://github.com/octo-org/shop":                     "octo-org/shop",
		"https://github.com/octo-org/shop.git":                 "octo-org/shop",
		"git@github.com:octo-org/shop.git":                     "octo-org/shop",
		"ssh://git@ghes.example.com:2222/octo-org/shop.js.git": "octo-org/shop.js",
		"https://ghes.example.com/octo-org/shop/":              "octo-org/shop",
		"shop": "",
	} {
		c, _ := gitdir.Find(plant(t, map[string]string{".git/config": config(url)}))
		if got := c.Origin(); got != want {
			t.Errorf("%s: got %q, want %q", url, got, want)
		}
	}
}

func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	root, tree := t.TempDir(), fstest.MapFS{}
	for name, content := range files {
		tree[name] = &fstest.MapFile{Data: []byte(content)}
	}
	if err := os.CopyFS(root, tree); err != nil {
		t.Fatal(err)
	}
	return root
}
