package build_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// A link of a repository hands no folder of the machine to a builder, where a Dockerfile could copy all of it.
func TestSpec_CheckFiles_follows_no_link_out_of_the_working_directory(t *testing.T) {
	machine, repository := t.TempDir(), t.TempDir()
	for _, path := range []string{filepath.Join(machine, "Dockerfile"), filepath.Join(repository, "app", "Dockerfile")} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("FROM scratch\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(repository)
	for link, target := range map[string]string{"out": machine, "in": "app"} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name, context, file string
		refused             bool
	}{
		{"folder", "app", "", false},
		{"link_that_stays_inside", "in", "in/Dockerfile", false},
		{"folder_that_was_named_elsewhere", machine, "", false},
		{"context_that_is_a_link_out", "out", "", true},
		{"Dockerfile_in_a_link_out", "app", "out/Dockerfile", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := build.Spec{Name: "app", Dockerfile: build.Dockerfile{Context: test.context, File: test.file}}.CheckFiles()
			if refused := err != nil && strings.Contains(err.Error(), "is a link out of the working directory"); refused !=
				test.refused || err != nil && !refused {
				t.Errorf("got error %v", err)
			}
		})
	}
}
