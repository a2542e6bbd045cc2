package sampleapp_test

import (
	"archive/tar"
	"bytes"
	"context"
	"debug/elf"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	productregistry "github.com/multiarch-deploy/multiarch-deploy/internal/registry"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

var (
	amd64 = v1.Platform{OS: "linux", Architecture: "amd64"}
	arm64 = v1.Platform{OS: "linux", Architecture: "arm64"}
)

const root = "../../.."

// apps are the samples, with the path that their binary has in the image.
var apps = []struct {
	name, binary string
	app          sampleapp.App
}{
	{"aks", "app/app", sampleapp.AKS(root)},
	{"gke", "app/envspitter", sampleapp.GKE(root)},
}

func TestApps_pass_their_own_tests(t *testing.T) {
	for _, test := range apps {
		t.Run(test.name, func(t *testing.T) {
			command := exec.CommandContext(t.Context(), "go", "test", "./...")
			command.Dir = test.app.Source
			if output, err := command.CombinedOutput(); err != nil {
				t.Errorf("go test: %v\n%s", err, output)
			}
		})
	}
}

func TestBuild_compiles_for_each_platform(t *testing.T) {
	for _, test := range apps {
		t.Run(test.name, func(t *testing.T) {
			var got []elf.Machine
			for _, img := range must(sampleapp.Build(t.Context(), test.app, amd64, arm64))(t) {
				got = append(got, machine(t, binary(t, img, test.binary)))
				config := must(img.ConfigFile())(t).Config
				if diff := cmp.Diff([]string{"/" + test.binary}, config.Entrypoint); diff != "" {
					t.Errorf("entrypoint (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff([]elf.Machine{elf.EM_X86_64, elf.EM_AARCH64}, got); diff != "" {
				t.Errorf("machines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBuild_is_reproducible_in_another_folder(t *testing.T) {
	here := sampleapp.AKS(root)
	there := here
	there.Source = t.TempDir()
	must(true, os.CopyFS(there.Source, os.DirFS(here.Source)))(t)
	one := must(must(sampleapp.Build(t.Context(), here, arm64))(t)[0].Digest())(t)
	two := must(must(sampleapp.Build(t.Context(), there, arm64))(t)[0].Digest())(t)
	if one != two {
		t.Errorf("two builds of one source have the digests %s and %s", one, two)
	}
}

func TestBuild_says_what_does_not_compile(t *testing.T) {
	_, err := sampleapp.Build(t.Context(), sampleapp.App{Source: t.TempDir()}, arm64)
	if err == nil || !strings.Contains(err.Error(), "for linux/arm64: go build: exit status 1\n") {
		t.Errorf("got error %v, want go build's own, for linux/arm64", err)
	}
}

func TestPushed_images_offer_their_platforms(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	images := must(sampleapp.Build(t.Context(), sampleapp.AKS(root), amd64, arm64))(t)
	reference := func(repository string) name.Reference {
		return must(image.ParseReference(strings.TrimPrefix(server.URL, "http://") + "/" + repository + ":1"))(t)
	}
	multi, one, single := reference("app-multi"), reference("app-one"), reference("app-amd64")
	must(true, sampleapp.PushIndex(t.Context(), multi, images))(t)
	must(true, sampleapp.PushIndex(t.Context(), one, images[:1]))(t)
	must(true, sampleapp.PushSingle(t.Context(), single, images[0]))(t)

	type offer struct {
		Index     bool
		Platforms []v1.Platform
	}
	var got []offer
	for _, ref := range []name.Reference{multi, one, single} {
		img := must(resolve(t.Context(), ref))(t)
		got = append(got, offer{img.Index, img.Platforms()})
	}
	want := []offer{{true, []v1.Platform{amd64, arm64}}, {true, []v1.Platform{amd64}}, {false, []v1.Platform{amd64}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func resolve(ctx context.Context, ref name.Reference) (*image.Image, error) {
	client := image.NewClient(productregistry.New(productregistry.DefaultOptions()), image.DefaultOptions())
	result := client.Resolve(ctx, []name.Reference{ref})[0]
	return result.Image, result.Err
}

// binary takes a file out of an image's one layer.
func binary(t *testing.T, img v1.Image, path string) []byte {
	t.Helper()
	layers := must(img.Layers())(t)
	archive := tar.NewReader(must(layers[0].Uncompressed())(t))
	for {
		header, err := archive.Next()
		if err != nil {
			t.Fatalf("looking for %s: %v", path, err)
		}
		if header.Name == path {
			return must(io.ReadAll(archive))(t)
		}
	}
}

// machine reads the CPU from a static binary's header; one with an interpreter would not start on scratch.
func machine(t *testing.T, content []byte) elf.Machine {
	t.Helper()
	file := must(elf.NewFile(bytes.NewReader(content)))(t)
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("the binary is not static: it asks for an interpreter")
		}
	}
	return file.Machine
}

// must(f())(t) is f's value; an error ends the test.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
