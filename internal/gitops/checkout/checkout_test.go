package checkout_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/checkout"
)

// config is what actions/checkout leaves in the git folder.
func config(url string) string {
	return "[remote \"origin\"]\n\turl = " + url + "\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n"
}

func TestLocate(t *testing.T) {
	onMain := "ref: refs/heads/main\n"
	shop := checkout.Place{Repository: "octo-org/shop", Branch: "main", CheckedOut: true,
		Path: "deploy/kustomization.yaml"}
	job := checkout.Job{Repository: "octo-org/shop", Ref: "refs/heads/main"}
	for _, test := range []struct {
		name, url, head, branch string
		job                     checkout.Job
		want                    checkout.Place
		err                     string
	}{
		{"https", "https://github.com/octo-org/shop", onMain, "", checkout.Job{}, shop, ""},
		{"a_branch_with_slashes", "https://github.com/octo-org/shop", "ref: refs/heads/release/1.2", "", checkout.Job{},
			checkout.Place{Repository: "octo-org/shop", Branch: "release/1.2", CheckedOut: true, Path: shop.Path}, ""},
		{"the_checkout_before_the_job", "https://github.com/octo-org/fleet", onMain, "", job,
			checkout.Place{Repository: "octo-org/fleet", Branch: "main", CheckedOut: true, Path: shop.Path}, ""},
		{"another_branch", "https://github.com/octo-org/shop", onMain, "production", checkout.Job{},
			checkout.Place{Repository: "octo-org/shop", Branch: "production", Path: shop.Path}, ""},
		{"no_branch", "https://github.com/octo-org/shop", strings.Repeat("4f2a", 10), "", job,
			checkout.Place{}, "no branch is checked out"},
		{"no_branch_and_one_that_is_named", "https://github.com/octo-org/shop", strings.Repeat("4f2a", 10), "main", job,
			checkout.Place{Repository: "octo-org/shop", Branch: "main", Path: shop.Path}, ""},
		{"the_branch_by_its_name", "https://github.com/octo-org/shop", onMain, "main", checkout.Job{}, shop, ""},
		{"the_job_without_git", "", "", "", job, shop, ""},
		{"the_job_of_a_pull_request", "", "", "", checkout.Job{Repository: "octo-org/shop", Ref: "refs/pull/5/merge"},
			checkout.Place{}, "no branch is checked out"},
		{"nothing", "", "", "", checkout.Job{}, checkout.Place{}, "FILE is in no checkout of a repository on GitHub: " +
			"there is " +
			"no git folder with a remote origin above it, " +
			"and it is not below GITHUB_WORKSPACE; check the repository out with actions/checkout"},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			if test.url != "" {
				write(t, filepath.Join(root, ".git", "config"), config(test.url))
				write(t, filepath.Join(root, ".git", "HEAD"), test.head)
			}
			if test.job.Repository != "" {
				test.job.Workspace = root
			}
			file := filepath.Join(root, "deploy", "kustomization.yaml")
			write(t, file, "")
			got, err := checkout.Locate(file, test.branch, test.job)
			text := ""
			if err != nil {
				text = strings.ReplaceAll(err.Error(), file, "FILE")
			}
			if diff := cmp.Diff([]any{test.want, test.err}, []any{got, text}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is committed is the file that a link leads to, in the checkout that holds it.
func TestLocate_follows_links(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "fleet", ".git", "config"), config("https://github.com/octo-org/fleet"))
	write(t, filepath.Join(root, "fleet", ".git", "HEAD"), "ref: refs/heads/main\n")
	write(t, filepath.Join(root, "fleet", "shop", "kustomization.yaml"), "")
	if err := os.Symlink("fleet/shop", filepath.Join(root, "deploy")); err != nil {
		t.Fatal(err)
	}
	got, err := checkout.Locate(filepath.Join(root, "deploy", "kustomization.yaml"), "", checkout.Job{})
	want := checkout.Place{Repository: "octo-org/fleet", Branch: "main", CheckedOut: true, Path: "shop/kustomization.yaml"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestPlace_folder(t *testing.T) {
	for path, want := range map[string]string{"kustomization.yaml": "shop",
		"deploy/production/kustomization.yaml": "deploy/production"} {
		if got := (checkout.Place{Repository: "octo-org/shop", Path: path}).Folder(); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
