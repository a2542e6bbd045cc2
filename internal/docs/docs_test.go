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

func TestPages_that_the_program_names_are_there(t *testing.T) {
	for _, page := range []string{"troubleshooting.md", "rbac.yaml"} {
		if _, err := os.Stat(filepath.Join("..", "..", "docs", page)); err != nil {
			t.Error(err)
		}
	}
}
