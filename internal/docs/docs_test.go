package docs_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/docs"
)

func TestPage_is_that_of_the_version(t *testing.T) {
	tests := []struct{ name, version, want string }{
		{"a_release", "v1.2.3", "v1.2.3"},
		{"commits_after_a_release", "v1.2.3-4-g540b145", "main"},
		{"a_pseudo_version", "v0.0.0-20261128194201-540b145c02ee", "main"},
		{"a_commit", "540b145", "main"},
		{"a_working_tree", "(devel)", "main"},
		{"none", "", "main"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := "https://github.com/multiarch-deploy/multiarch-deploy/blob/" + test.want + "/docs/rbac.yaml"
			if diff := cmp.Diff(want, docs.Page(test.version, "rbac.yaml")); diff != "" {
				t.Errorf("address (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLink_replaces_names_of_pages(t *testing.T) {
	const address = "https://github.com/multiarch-deploy/multiarch-deploy/blob/v1.2.3/docs/"
	tests := []struct{ name, text, want string }{
		{"at_the_end", "grant the roles of docs/rbac.yaml", "grant the roles of " + address + "rbac.yaml"},
		{"before_a_full_stop", "See docs/rbac.yaml.", "See " + address + "rbac.yaml."},
		{"several", "docs/guide.md (docs/sign-in-aks.md)", address + "guide.md (" + address + "sign-in-aks.md)"},
		{"a_folder_of_the_user", "deploy/docs/rbac.yaml: no such file", "deploy/docs/rbac.yaml: no such file"},
		{"an_address", address + "rbac.yaml", address + "rbac.yaml"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, docs.Link("v1.2.3", test.text)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPages_that_the_program_names_are_there(t *testing.T) {
	for _, page := range []string{"troubleshooting.md", "rbac.yaml"} {
		if _, err := os.Stat(filepath.Join("..", "..", "docs", page)); err != nil {
			t.Error(err)
		}
	}
}
