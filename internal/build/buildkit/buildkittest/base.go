package buildkittest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build/assemble"
)

// PushBusybox pushes an image with Debian's busybox for linux/amd64 and linux/arm64, real programs for both, as an index.
func PushBusybox(t testing.TB, ref name.Reference, options ...remote.Option) {
	t.Helper()
	var images []v1.Image
	for _, cpu := range []string{"amd64", "arm64"} {
		busybox, err := os.ReadFile(filepath.Join(repository(t), "bin", "busybox-"+cpu))
		if err != nil {
			t.Fatalf("%v: run %s, as `make test` does", err, setup)
		}
		images = append(images, Shell(t, v1.Platform{OS: "linux", Architecture: cpu}, busybox))
	}
	index, err := assemble.Index(images...)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(ref, index, options...); err != nil {
		t.Fatal(err)
	}
}

// Shell is an image for a platform with one program, which is its shell and every command.
func Shell(t testing.TB, platform v1.Platform, program []byte) v1.Image {
	t.Helper()
	files := []assemble.File{{Path: "/bin/busybox", Content: program}}
	for _, command := range []string{"sh", "cat", "cp", "echo", "false", "grep", "ls", "sleep", "test", "uname"} {
		files = append(files, assemble.File{Path: "/bin/" + command, Link: "busybox"})
	}
	image, err := assemble.Image(assemble.Spec{
		Platform: platform, Files: files, Config: v1.Config{Env: []string{"PATH=/bin"}, Entrypoint: []string{"/bin/sh"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return image
}
