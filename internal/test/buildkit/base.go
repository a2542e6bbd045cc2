package buildkit

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build/assemble"
)

// PushBusybox pushes an image with Debian's busybox for linux/amd64 and linux/arm64, real programs for both, as an
// index.
func PushBusybox(t testing.TB, ref name.Reference, options ...remote.Option) {
	t.Helper()
	var images []v1.Image
	for _, cpu := range []string{"amd64", "arm64"} {
		images = append(images, Shell(t, v1.Platform{OS: "linux", Architecture: cpu}, busybox(t, cpu)))
	}
	index, err := assemble.Index(images...)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(ref, index, options...); err != nil {
		t.Fatal(err)
	}
}

// busybox is Debian's for a CPU.
func busybox(t testing.TB, cpu string) []byte {
	t.Helper()
	program, err := os.ReadFile(filepath.Join(Repository(t), "bin", "busybox-"+cpu))
	if err != nil {
		t.Fatalf("%v: run %s, as `make test-engines` does", err, setup)
	}
	return program
}

// Shell is an image for a platform with one program, which is its shell and every command.
func Shell(t testing.TB, platform v1.Platform, program []byte) v1.Image {
	t.Helper()
	image, err := assemble.Image(assemble.Spec{
		Platform: platform, Files: shellFiles(program, "sh", "cat", "cp", "echo", "false", "grep", "ls", "sleep", "test",
			"uname"),
		Config: v1.Config{Env: []string{"PATH=/bin"}, Entrypoint: []string{"/bin/sh"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// shellFiles are a busybox, and links to it by the names of commands.
func shellFiles(program []byte, commands ...string) []assemble.File {
	files := []assemble.File{{Path: "/bin/busybox", Content: program}}
	for _, command := range commands {
		files = append(files, assemble.File{Path: "/bin/" + command, Link: "busybox"})
	}
	return files
}
