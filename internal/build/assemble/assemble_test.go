package assemble_test

import (
	"archive/tar"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build/assemble"
)

var (
	amd64 = v1.Platform{OS: "linux", Architecture: "amd64"}
	arm64 = v1.Platform{OS: "linux", Architecture: "arm64"}
	armv7 = v1.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}
)

func cart(platform v1.Platform) assemble.Spec {
	return assemble.Spec{
		Platform: platform,
		Files: []assemble.File{
			{Path: "/app/cart", Content: []byte("binary for " + platform.String())},
			{Path: "/etc/cart/config.yaml", Mode: 0o644, Content: []byte("port: 8080\n")},
		},
		Config: v1.Config{
			Entrypoint: []string{"/app/cart"}, Cmd: []string{"serve"}, Env: []string{"PORT=8080"}, User: "65532",
			WorkingDir: "/app", ExposedPorts: map[string]struct{}{"8080/tcp": {}}, Labels: map[string]string{"team": "shop"},
		},
	}
}

func TestImage_is_what_was_asked_for(t *testing.T) {
	image := must(assemble.Image(cart(armv7)))(t)
	config := must(image.ConfigFile())(t)
	if diff := cmp.Diff(&armv7, config.Platform()); diff != "" {
		t.Errorf("platform (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(cart(armv7).Config, config.Config); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	manifest := must(image.Manifest())(t)
	got := []types.MediaType{manifest.MediaType, manifest.Config.MediaType, manifest.Layers[0].MediaType}
	want := []types.MediaType{types.OCIManifestSchema1, types.OCIConfigJSON, types.OCILayer}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("media types (-want +got):\n%s", diff)
	}
}

// entry is what the tests look at in a tar header.
type entry struct {
	Name, Content string
	Mode, Time    int64
	UID, GID      int
}

func TestFiles_can_be_read_back(t *testing.T) {
	spec := cart(arm64)
	spec.Files = append(spec.Files, assemble.File{Path: "/app/data", Mode: 0o600, Source: write(t, "from disk")})
	want := []entry{
		{Name: "app/", Mode: 0o755},
		{Name: "app/cart", Mode: 0o755, Content: "binary for linux/arm64"},
		{Name: "app/data", Mode: 0o600, Content: "from disk"},
		{Name: "etc/", Mode: 0o755},
		{Name: "etc/cart/", Mode: 0o755},
		{Name: "etc/cart/config.yaml", Mode: 0o644, Content: "port: 8080\n"},
	}
	if diff := cmp.Diff(want, entries(t, must(assemble.Image(spec))(t))); diff != "" {
		t.Errorf("layer (-want +got):\n%s", diff)
	}
}

// The layer's digest may move with Go's compressor; that of the config, which contains the
// digest of the uncompressed layer, may move only on purpose.
func TestConfig_digest_stays_the_same(t *testing.T) {
	const want = "sha256:726ad6703b67c0dcee3a78c9b276da15cc9419c1b7b84bcc00c996981a94b8e5"
	if got := must(must(assemble.Image(cart(arm64)))(t).ConfigName())(t).String(); got != want {
		t.Errorf("config digest %s, want %s", got, want)
	}
}

func TestDigest_depends_on_content_alone(t *testing.T) {
	one := must(assemble.Index(must(assemble.Image(cart(amd64)))(t), must(assemble.Image(cart(arm64)))(t)))(t)
	two := must(assemble.Index(must(assemble.Image(cart(arm64)))(t), must(assemble.Image(reversed(cart(amd64))))(t)))(t)
	if diff := cmp.Diff(must(one.Digest())(t), must(two.Digest())(t)); diff != "" {
		t.Errorf("index digests of the same content differ:\n%s", diff)
	}
}

func TestIndex_is_valid_in_registry(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	ref := must(name.ParseReference(strings.TrimPrefix(server.URL, "http://") + "/cart:1"))(t)
	index := must(assemble.Index(must(assemble.Image(cart(arm64)))(t), must(assemble.Image(cart(amd64)))(t)))(t)
	if err := remote.WriteIndex(ref, index); err != nil {
		t.Fatal(err)
	}
	pulled := must(remote.Index(ref))(t)
	if err := validate.Index(pulled); err != nil {
		t.Errorf("the index is not valid: %v", err)
	}
	var platforms []v1.Platform
	for _, m := range must(pulled.IndexManifest())(t).Manifests {
		platforms = append(platforms, *m.Platform)
	}
	if diff := cmp.Diff([]v1.Platform{amd64, arm64}, platforms); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func TestImage_refuses(t *testing.T) {
	file := func(paths ...string) (files []assemble.File) {
		for _, p := range paths {
			files = append(files, assemble.File{Path: p})
		}
		return files
	}
	for _, test := range []struct {
		name, want string
		spec       assemble.Spec
	}{
		{"no_platform", "assembling an image: its platform needs an operating system and an architecture, such as " +
			"linux/arm64",
			assemble.Spec{Files: file("/a")}},
		{"no_files", "assembling the image for linux/amd64: there are no files to put into it",
			assemble.Spec{Platform: amd64}},
		{"a_relative_path", `assembling the image for linux/amd64: file path "app/cart": must be absolute and clean, such as /app/cart`,
			assemble.Spec{Platform: amd64, Files: file("app/cart")}},
		{"a_path_that_climbs_out", `assembling the image for linux/amd64: file path "/app/../../etc": must be absolute and clean, such as /app/cart`,
			assemble.Spec{Platform: amd64, Files: file("/app/../../etc")}},
		{"a_path_twice", `assembling the image for linux/amd64: file path "/a": given twice`,
			assemble.Spec{Platform: amd64, Files: file("/a", "/b", "/a")}},
		{"a_file_below_a_file", `assembling the image for linux/amd64: file path "/a/b": "/a" is a file too`,
			assemble.Spec{Platform: amd64, Files: file("/a/b", "/a", "/a-b")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := assemble.Image(test.spec)
			if err == nil || err.Error() != test.want {
				t.Errorf("got error  %v\nwant error %s", err, test.want)
			}
		})
	}
}

func TestImage_refuses_source_that_is_missing(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "cart")
	_, err := assemble.Image(assemble.Spec{Platform: amd64, Files: []assemble.File{{Path: "/app/cart", Source: missing}}})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got error %v, want one that says the file does not exist", err)
	}
}

func TestIndex_refuses(t *testing.T) {
	image := must(assemble.Image(cart(amd64)))(t)
	for _, test := range []struct {
		name, want string
		images     []v1.Image
	}{
		{"nothing", "assembling an index: there are no images to put into it", nil},
		{"one_platform_twice", "assembling an index: two images are for linux/amd64", []v1.Image{image, image}},
		{"an_image_for_no_platform", "assembling an index: the config of an image names no platform",
			[]v1.Image{empty.Image}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := assemble.Index(test.images...)
			if err == nil || err.Error() != test.want {
				t.Errorf("got error  %v\nwant error %s", err, test.want)
			}
		})
	}
}

func reversed(spec assemble.Spec) assemble.Spec {
	spec.Files[0], spec.Files[1] = spec.Files[1], spec.Files[0]
	return spec
}

func entries(t *testing.T, image v1.Image) (list []entry) {
	t.Helper()
	layers := must(image.Layers())(t)
	if len(layers) != 1 {
		t.Fatalf("the image has %d layers, want 1", len(layers))
	}
	archive := tar.NewReader(must(layers[0].Uncompressed())(t))
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, entry{
			Name: header.Name, Content: string(must(io.ReadAll(archive))(t)), Mode: header.Mode,
			Time: header.ModTime.Unix(), UID: header.Uid, GID: header.Gid,
		})
	}
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "source")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
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
