//go:build engines && peers

package peers_test

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/peers"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

func init() { parts = append(parts, part{"build", build}) }

// build makes images of both platforms of a Go service that its Dockerfile compiles, and of a Python app with a
// compiled wheel: by one BuildKit that emulates the other CPU, joined from what two native runners have built, and put
// together from files.
func build(t *testing.T) string {
	host := diskRegistry(t)
	times := min(*rounds, *slowRounds)
	var rows []peers.Ways
	for _, a := range []app{goService(t, host), pythonApp(t, host)} {
		row := peers.Ways{What: a.what, Runs: make([][]peers.Usage, 3)}
		for round := range times {
			if !t.Run(fmt.Sprint(a.name, "_", round), func(t *testing.T) {
				b := builds{t, a, fmt.Sprintf("%s/%s-%d", host, a.name, round)}
				for way, used := range b.measure() {
					row.Runs[way] = append(row.Runs[way], used)
				}
			}) {
				t.FailNow() // there is nothing to make a table of
			}
		}
		rows = append(rows, row)
	}
	return fmt.Sprintf("Runs of each: %d.\n\n", times) + peers.WallTable([]string{"one BuildKit, arm64 emulated",
		"two native halves, joined", "`assemble`"}, rows)
}

// app is what is built.
type app struct {
	name, what string
	// dir has the Dockerfile, whose argument BASE is the base.
	dir, base string
	// prepare leaves the files that assemble puts together below dist of a folder.
	prepare  func(b builds, folder string) peers.Usage
	assemble []string
}

// goService is the demo's, with its Dockerfile, save that Go runs on the image's CPU: as Dockerfiles do whose author
// did not think of another.
func goService(t *testing.T, host string) app {
	source, dir := sampleapp.AKS(root).Source, t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS(source)))
	dockerfile, err := os.ReadFile(filepath.Join(source, "Dockerfile"))
	must(t, err)
	_, text, _ := strings.Cut(string(dockerfile), "\n") // the first line names a frontend of another registry
	writeFile(t, filepath.Join(dir, "Dockerfile"),
		"ARG BASE\n"+strings.Replace(text, "--platform=$BUILDPLATFORM golang:1.26", "$BASE", 1))
	base := pushBase(t, host, "go", "PATH=/usr/local/go/bin:/bin", "GOCACHE=/tmp/cache", "GOTOOLCHAIN=local")
	return app{"go", "a Go service, compiled in its Dockerfile", dir, base, builds.crossCompile,
		[]string{"--artifacts", "dist/{os}_{arch}/app:/app/app", "--entrypoint", "/app/app"}}
}

// pythonApp has an extension in C, of which pip makes a wheel.
func pythonApp(t *testing.T, host string) app {
	dir := t.TempDir() // as that of the Go service, it is in no checkout, whose commit would be told of the images
	must(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "python"))))
	base := pushBase(t, host, "python", "PATH=/usr/bin:/bin")
	return app{"python", "a Python app with a compiled wheel", dir, base, builds.takeWheels,
		[]string{"--artifacts", "dist/{os}_{arch}:/", "--base-image", base, "--entrypoint", "python3 /app/shop.py"}}
}

// pushBase pushes what bases.sh has made for both platforms.
func pushBase(t *testing.T, host, language string, env ...string) string {
	t.Helper()
	ref, err := name.NewTag(host + "/" + language + ":1")
	must(t, err)
	var images []v1.Image
	for _, p := range both {
		layer, err := tarball.LayerFromFile(program(t, filepath.Join("bases", language+"-"+p.Architecture+".tar.gz")),
			tarball.WithMediaType(types.OCILayer))
		must(t, err)
		config := &v1.ConfigFile{OS: p.OS, Architecture: p.Architecture, Config: v1.Config{Env: env}}
		image, err := mutate.ConfigFile(mutate.MediaType(empty.Image, types.OCIManifestSchema1), config)
		must(t, err)
		image, err = mutate.AppendLayers(image, layer)
		must(t, err)
		images = append(images, image)
	}
	must(t, sampleapp.PushIndex(t.Context(), ref, images))
	return ref.Name()
}

// builds builds an app into a repository of its own for each way.
type builds struct {
	t *testing.T
	app
	repository string
}

// measure builds in each way. BuildKits are new ones, as those of runners are.
func (b builds) measure() (ways [3]peers.Usage) {
	emulating := buildkit.Start(b.t)
	ways[0] = measure(b.t, b.dockerfile(emulating, "emulated", "linux/amd64,linux/arm64"))

	native := measure(b.t, b.dockerfile(buildkit.Start(b.t), "joined", "linux/amd64", "--push-as", "platform"))
	// What the other runner does meanwhile. This machine has no such CPU, so that it is taken to last as long.
	measure(b.t, b.dockerfile(emulating, "joined", "linux/arm64", "--push-as", "platform"))
	ways[1] = inARow(native, measure(b.t, b.command("joined", b.dir, "--mode", "join")))

	folder := b.t.TempDir()
	prepared := b.prepare(b, folder)
	put := b.command("assembled", folder, append(b.assemble, "--builder", "assemble")...)
	ways[2] = inARow(prepared, measure(b.t, put))
	return ways
}

func (b builds) dockerfile(daemon, way, platforms string, more ...string) peers.Command {
	return b.command(way, b.dir, append([]string{"--builder", daemon, "--platforms", platforms, "--build-args",
		"BASE=" + b.base}, more...)...)
}

func (b builds) command(way, dir string, flags ...string) peers.Command {
	args := []string{"build", "--images", "app=" + b.repository + "-" + way, "--tag", "v1"}
	return peers.Command{Path: program(b.t, "multiarch-deploy"), Dir: dir, Args: append(args, flags...)}
}

// crossCompile has this machine's Go compile for both platforms, with nothing compiled before, as on a new runner.
func (b builds) crossCompile(folder string) (used peers.Usage) {
	compiler, err := exec.LookPath("go")
	must(b.t, err)
	cache := "GOCACHE=" + b.t.TempDir()
	for _, p := range both {
		used = inARow(used, measure(b.t, peers.Command{
			Path: compiler, Dir: b.dir, Env: []string{cache, "CGO_ENABLED=0", "GOFLAGS=", "GOARCH=" + p.Architecture},
			Args: []string{"build", "-trimpath", "-ldflags=-s -w", "-o",
				filepath.Join(folder, "dist", p.OS+"_"+p.Architecture) + "/", "."},
		}))
	}
	return used
}

// takeWheels takes what pip has installed out of the joined image, since a C compiler makes no wheels for other CPUs.
// It is not measured.
func (b builds) takeWheels(folder string) peers.Usage {
	ref, err := name.NewTag(b.repository + "-joined:v1")
	must(b.t, err)
	for _, p := range both {
		image, err := remote.Image(ref, remote.WithPlatform(p))
		must(b.t, err)
		layers, err := image.Layers()
		must(b.t, err)
		content, err := layers[len(layers)-1].Uncompressed()
		must(b.t, err)
		must(b.t, unpack(content, "app/", filepath.Join(folder, "dist", p.OS+"_"+p.Architecture)))
		must(b.t, content.Close())
	}
	return peers.Usage{}
}

// unpack writes the files of a layer that are below a folder.
func unpack(layer io.Reader, below, to string) error {
	archive := tar.NewReader(layer)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if header.Typeflag != tar.TypeReg || !strings.HasPrefix(header.Name, below) {
			continue
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return err
		}
		path := filepath.Join(to, filepath.FromSlash(header.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
}

// inARow is what two commands take, one after the other.
func inARow(a, b peers.Usage) peers.Usage {
	return peers.Usage{Wall: a.Wall + b.Wall, CPU: a.CPU + b.CPU, Peak: max(a.Peak, b.Peak)}
}
