package assemble_test

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	registrytest "github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

var tokens = registrytest.Options{Username: "shop", Password: "secret"}

func TestBuild_on_scratch_pushes_what_was_asked_for(t *testing.T) {
	registry := registrytest.Start(t, tokens)
	spec := cartFor(t, registry, dist(t), amd64, armv7, arm64)
	spec.Labels = map[string]string{"team": "shop"}
	spec.Annotations = build.Annotations{Index: map[string]string{"of": "index"},
		Manifest: map[string]string{"of": "manifest"}}
	spec.Assembly.Env, spec.Assembly.User, spec.Assembly.WorkingDir = []string{"PORT=8080"}, "65532", "/app"
	spec.Created = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

	index := mustRun(t, registry, spec)
	if diff := cmp.Diff(spec.Annotations.Index, must(index.IndexManifest())(t).Annotations); diff != "" {
		t.Errorf("annotations of the index (-want +got):\n%s", diff)
	}
	for i, image := range images(t, index) {
		platform := spec.Platforms[i]
		if diff := cmp.Diff(spec.Annotations.Manifest, must(image.Manifest())(t).Annotations); diff != "" {
			t.Errorf("annotations for %s (-want +got):\n%s", platform, diff)
		}
		want := &v1.ConfigFile{
			OS: platform.OS, Architecture: platform.Architecture, Variant: platform.Variant,
			Created: v1.Time{Time: spec.Created},
			Config: v1.Config{Entrypoint: []string{"/app/cart"}, Env: []string{"PORT=8080"}, User: "65532", WorkingDir: "/app",
				Labels: spec.Labels},
			History: []v1.History{{Created: v1.Time{Time: spec.Created}, CreatedBy: "multiarch-deploy", Comment: "ready files"}},
		}
		got := must(image.ConfigFile())(t).DeepCopy()
		got.RootFS = v1.RootFS{}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("config for %s (-want +got):\n%s", platform, diff)
		}
		files := []entry{{Name: "app/", Mode: 0o755}, {Name: "app/cart", Mode: 0o755,
			Content: machine(platform.Architecture)}}
		if diff := cmp.Diff(files, entries(t, image)); diff != "" {
			t.Errorf("files for %s (-want +got):\n%s", platform, diff)
		}
	}
}

func TestBuild_lays_an_image_over_its_base(t *testing.T) {
	registry := registrytest.Start(t, tokens)
	below := []v1.Image{osBase(t, amd64, map[string]string{"/etc/os": "x"}), osBase(t, arm64,
		map[string]string{"/etc/os": "y"})}
	spec := cartFor(t, registry, dist(t), amd64, arm64)
	spec.Assembly.Base = pushBase(t, registry, "os/base:1", below...)
	spec.Assembly.Env = []string{"LANG=de", "PORT=8080"}
	spec.Labels = map[string]string{"team": "shop"}

	index := mustRun(t, registry, spec)
	named := func(digest v1.Hash) map[string]string {
		return map[string]string{
			"org.opencontainers.image.base.name":   registry.Host + "/os/base:1",
			"org.opencontainers.image.base.digest": digest.String(),
		}
	}
	baseIndex := must(must(remoteIndex(registry, spec.Assembly.Base))(t).Digest())(t)
	if diff := cmp.Diff(named(baseIndex), must(index.IndexManifest())(t).Annotations); diff != "" {
		t.Errorf("annotations of the index (-want +got):\n%s", diff)
	}
	for i, image := range images(t, index) {
		manifest, config := must(image.Manifest())(t), must(image.ConfigFile())(t)
		if diff := cmp.Diff(named(must(below[i].Digest())(t)), manifest.Annotations); diff != "" {
			t.Errorf("annotations (-want +got):\n%s", diff)
		}
		if got, want := manifest.Layers[0].Digest, must(below[i].Manifest())(t).Layers[0].Digest; got != want {
			t.Errorf("lowest layer %s, want the base's %s", got, want)
		}
		mediaTypes := []types.MediaType{manifest.MediaType, manifest.Config.MediaType, manifest.Layers[0].MediaType,
			manifest.Layers[1].MediaType}
		want := []types.MediaType{types.OCIManifestSchema1, types.OCIConfigJSON, types.OCILayer, types.OCILayer}
		if diff := cmp.Diff(want, mediaTypes); diff != "" {
			t.Errorf("media types (-want +got):\n%s", diff)
		}
		wantConfig := v1.Config{
			Entrypoint: []string{"/app/cart"}, User: "nobody", Env: []string{"PATH=/bin", "LANG=de", "PORT=8080"},
			Labels: map[string]string{"os": "test", "team": "shop"},
		}
		if diff := cmp.Diff(wantConfig, config.Config); diff != "" {
			t.Errorf("config (-want +got):\n%s", diff)
		}
		if got := []string{config.History[0].CreatedBy, config.History[1].CreatedBy}; !cmp.Equal(got, []string{"debootstrap",
			"multiarch-deploy"}) {
			t.Errorf("history %q", got)
		}
	}
}

func TestBuild_keeps_the_base_s_start_unless_told_otherwise(t *testing.T) {
	registry := registrytest.Start(t, registrytest.Options{})
	spec := cartFor(t, registry, dist(t), amd64)
	spec.Assembly.Base = pushBase(t, registry, "os/base:1", osBase(t, amd64, map[string]string{"/etc/os": "x"}))
	spec.Assembly.Entrypoint = nil
	config := must(images(t, mustRun(t, registry, spec))[0].ConfigFile())(t).Config
	if diff := cmp.Diff([][]string{{"/sbin/init"}, {"--verbose"}}, [][]string{config.Entrypoint, config.Cmd}); diff != "" {
		t.Errorf("entrypoint and command (-want +got):\n%s", diff)
	}
}

// moves count what happened to one layer.
type moves struct{ Mounts, Downloads, Uploads int }

func TestBuild_takes_the_base_s_layers_from_where_they_are(t *testing.T) {
	below := osBase(t, amd64, map[string]string{"/etc/os": "x"})
	digest := must(below.Manifest())(t).Layers[0].Digest.String()
	for _, test := range []struct {
		name      string
		elsewhere bool
		want      moves
	}{
		{"another_repository_of_the_same_registry", false, moves{Mounts: 1}},
		{"another_registry", true, moves{Downloads: 1, Uploads: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			requests := &recorder{}
			registry := registrytest.Start(t, registrytest.Options{Username: "shop", Password: "secret", Wrap: requests.wrap})
			home, downloads := registry, requests
			if test.elsewhere {
				downloads = &recorder{}
				home = registrytest.Start(t, registrytest.Options{Wrap: downloads.wrap})
			}
			spec := cartFor(t, registry, dist(t), amd64)
			spec.Assembly.Base = pushBase(t, home, "os/base:1", below)
			requests.start(nil)
			downloads.start(nil)
			must(run(t, registry, spec))(t)
			got := moves{
				Downloads: len(downloads.matching("GET /v2/os/base/blobs/" + digest)),
				Uploads:   len(requests.matching("&digest=" + url.QueryEscape(digest))),
			}
			if !test.elsewhere {
				got.Mounts = len(requests.matching("mount=" + url.QueryEscape(digest)))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("what happened to the base's layer (-want +got):\n%s\n%q", diff, requests.matching(""))
			}
		})
	}
}

// The same content, written at another time, in another folder, under another umask, for another registry.
func TestBuild_gives_the_same_digest_on_every_run(t *testing.T) {
	var digests []v1.Hash
	for i, mode := range []os.FileMode{0o600, 0o755} {
		registry := registrytest.Start(t, registrytest.Options{})
		out := dist(t)
		for _, file := range must(filepath.Glob(filepath.Join(out, "*", "cart")))(t) {
			must(true, os.Chmod(file, mode))(t)
			stamp := time.Unix(int64(1e9*(i+1)), 0)
			must(true, os.Chtimes(file, stamp, stamp))(t)
		}
		spec := cartFor(t, registry, out, arm64, amd64)
		if i > 0 {
			spec.Platforms[0], spec.Platforms[1] = spec.Platforms[1], spec.Platforms[0]
		}
		digests = append(digests, must(run(t, registry, spec))(t)...)
	}
	if digests[0] != digests[1] {
		t.Errorf("two runs gave %s and %s", digests[0], digests[1])
	}
}

func TestBuild_several_images_side_by_side(t *testing.T) {
	registry := registrytest.Start(t, tokens)
	out := dist(t)
	var specs []build.Spec
	for _, repository := range []string{"a", "b", "c", "d", "e", "f"} {
		spec := cartFor(t, registry, out, amd64, arm64)
		spec.Labels = map[string]string{"repository": repository}
		spec.Reference = spec.Reference.Context().Registry.Repo("shop", repository).Tag("1")
		specs = append(specs, spec)
	}
	digests := must(run(t, registry, specs...))(t)
	for i, spec := range specs {
		if got := must(must(remoteIndex(registry, spec.Reference))(t).Digest())(t); got != digests[i] {
			t.Errorf("%s holds %s, Build returned %s for it", spec.Reference, got, digests[i])
		}
	}
}
