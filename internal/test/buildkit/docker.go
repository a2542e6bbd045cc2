package buildkit

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	docker "github.com/moby/moby/client"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build/assemble"
)

// StartEngine runs the machine's Docker engine until the test ends, and returns a client of it. It holds one platform
// of an image, as engines do that have been upgraded over the years. Its containers have no network but the host's.
func StartEngine(t testing.TB) *docker.Client {
	t.Helper()
	installed(t, "dockerd", "containerd", "runc")
	dir := shortDir(t)
	client, _ := startEngine(t, dir, []string{"dockerd", "--bridge", "none", "--iptables=false", "--add-runtime",
		"modest=" + modestRunc(t, dir), "--default-runtime", "modest"})
	return client
}

// StartModernEngine runs a Docker engine that keeps images in containerd, as new ones do. It is built from its module,
// and takes containerd and runc from the machine.
func StartModernEngine(t testing.TB) *docker.Client {
	t.Helper()
	installed(t, "containerd", "runc", "qemu-aarch64-static")
	program := filepath.Join(build(t, "dockerd", "-tags", "exclude_graphdriver_btrfs,no_systemd"), "dockerd")
	client, _ := startEngine(t, shortDir(t), []string{program, "--bridge", "none", "--iptables=false"})
	return client
}

// startEngine runs an engine by its command, with all it has in dir, and returns where it answers too.
func startEngine(t testing.TB, dir string, command []string) (engine *docker.Client, host string) {
	t.Helper()
	host = "unix://" + filepath.Join(dir, "docker.sock")
	command = append(command, "--host", host, "--data-root", filepath.Join(dir, "data"), "--exec-root",
		filepath.Join(dir, "exec"), "--pidfile", filepath.Join(dir, "pid"))
	p := run(t, nil, command[0], command[1:]...)
	engine, err := docker.New(docker.WithHost(host))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	p.wait(t, func(ctx context.Context) error {
		_, err := engine.Ping(ctx, docker.PingOptions{})
		return err
	})
	return engine, host
}

// modestRunc is runc for machines whose root lacks a capability, as root of a sandbox does: Docker asks for all of them
// for a privileged container, and runc refuses what it doesn't have itself.
func modestRunc(t testing.TB, dir string) string {
	t.Helper()
	const script = `#!/bin/sh
bounding=$((0x$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status)))
config=
for argument; do
	case "$previous" in
	--bundle) config=$argument/config.json ;;
	--process) config=$argument ;;
	esac
	previous=$argument
done
if [ -n "$config" ] && [ $((bounding >> 24 & 1)) = 0 ]; then
	sed -i 's/"CAP_SYS_RESOURCE",//g; s/,"CAP_SYS_RESOURCE"//g' "$config"
fi
exec runc "$@"
`
	path := filepath.Join(dir, "runc")
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// LoadBuildKit gives an engine an image with BuildKit in it, as moby/buildkit is, under a name.
func LoadBuildKit(t testing.TB, engine *docker.Client, reference string) {
	t.Helper()
	load(t, engine, reference, assemble.Spec{
		Files:  buildKitFiles(t),
		Config: v1.Config{Entrypoint: []string{"buildkitd"}, Env: []string{"PATH=/usr/bin"}},
	})
}

// LoadBroken gives an engine an image whose BuildKit says why it can't run, and ends.
func LoadBroken(t testing.TB, engine *docker.Client, reference string) {
	t.Helper()
	load(t, engine, reference, assemble.Spec{
		Files:  buildKitFiles(t),
		Config: v1.Config{Entrypoint: []string{"buildkitd", "--no-such-flag"}, Env: []string{"PATH=/usr/bin"}},
	})
}

func load(t testing.TB, engine *docker.Client, reference string, spec assemble.Spec) {
	t.Helper()
	spec.Platform = v1.Platform{OS: "linux", Architecture: runtime.GOARCH}
	image, err := assemble.Image(spec)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.NewTag(reference)
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := tarball.Write(ref, image, &archive); err != nil {
		t.Fatal(err)
	}
	loaded, err := engine.ImageLoad(t.Context(), &archive)
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	if _, err := io.Copy(io.Discard, loaded); err != nil { // it is loaded when the answer has ended
		t.Fatal(err)
	}
}

// buildKitFiles are BuildKit, which stands alone, and the machine's runc with the libraries it needs.
func buildKitFiles(t testing.TB) []assemble.File {
	t.Helper()
	bin := build(t, "buildkitd")
	runc, err := exec.LookPath("runc")
	if err != nil {
		t.Fatal(err)
	}
	files := []assemble.File{
		{Path: "/usr/bin/buildkitd", Source: filepath.Join(bin, "buildkitd")},
		{Path: "/usr/bin/buildctl", Source: filepath.Join(bin, "buildctl")},
		{Path: "/usr/bin/runc", Source: runc},
		{Path: "/tmp", Directory: true},
	}
	out, err := exec.CommandContext(t.Context(), "ldd", runc).CombinedOutput()
	if err != nil {
		t.Fatalf("ldd: %v: %s", err, out)
	}
	for _, library := range regexp.MustCompile(`/\S+`).FindAllString(string(out), -1) {
		content, err := os.ReadFile(library)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, assemble.File{Path: library, Content: content})
	}
	return files
}
