package image_test

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/inspect"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

var (
	amd64   = v1.Platform{OS: "linux", Architecture: "amd64"}
	arm64   = v1.Platform{OS: "linux", Architecture: "arm64"}
	armv7   = v1.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}
	unknown = v1.Platform{OS: "unknown", Architecture: "unknown"}
)

// settings are those of both clients.
type settings struct {
	registry registry.Options
	image    image.Options
	inspect  inspect.Options
}

// options asks no keychain of this machine, so that tests see the same everywhere.
func options() settings {
	s := settings{registry.DefaultOptions(), image.DefaultOptions(), inspect.DefaultOptions()}
	s.registry.Keychain = nil
	return s
}

// client resolves and inspects, as a run does.
type client struct {
	*image.Client
	*inspect.Inspector
}

func (s settings) client() client {
	resolver := image.NewClient(registry.New(s.registry), s.image)
	return client{resolver, inspect.New(resolver, s.inspect)}
}

// impatient has registries counted as hanging early.
func (s *settings) impatient(after time.Duration) {
	s.registry.Reads.Headers, s.registry.Reads.Silence = after, after
}

// resolve resolves one reference with a client of its own.
func resolve(ctx context.Context, ref name.Reference, s settings) (*image.Image, error) {
	result := s.client().Resolve(ctx, []name.Reference{ref})[0]
	return result.Image, result.Err
}

// newRegistry starts an empty registry and returns its host and port.
func newRegistry(t testing.TB) (host string) {
	return serve(t, ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0))))
}

func serve(t testing.TB, handler http.Handler) (host string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return strings.TrimPrefix(server.URL, "http://")
}

func parse(t testing.TB, reference string) name.Reference {
	t.Helper()
	return must(image.ParseReference(reference))(t)
}

// imageFor is an image whose config names the platform.
func imageFor(t testing.TB, p v1.Platform) v1.Image {
	t.Helper()
	config := must(empty.Image.ConfigFile())(t).DeepCopy()
	config.OS, config.Architecture, config.Variant = p.OS, p.Architecture, p.Variant
	return must(mutate.ConfigFile(empty.Image, config))(t)
}

// oci gives an image OCI's media types in place of Docker's.
func oci(img v1.Image) v1.Image {
	return mutate.ConfigMediaType(mutate.MediaType(img, types.OCIManifestSchema1), types.OCIConfigJSON)
}

// entry lists an image or an index as being for a platform; nil leaves the platform out.
func entry(child mutate.Appendable, p *v1.Platform) mutate.IndexAddendum {
	return mutate.IndexAddendum{Add: child, Descriptor: v1.Descriptor{Platform: p}}
}

func indexOf(entries ...mutate.IndexAddendum) v1.ImageIndex {
	return mutate.AppendManifests(empty.Index, entries...)
}

// push puts an image, an index or a raw manifest under the reference.
func push(t testing.TB, reference string, what remote.Taggable) name.Reference {
	t.Helper()
	ref := parse(t, reference)
	if err := remote.Push(ref, what); err != nil {
		t.Fatal(err)
	}
	return ref
}

// raw is a manifest as a registry would send it, whatever it contains.
type raw struct {
	body      []byte
	mediaType types.MediaType
}

func (r raw) RawManifest() ([]byte, error)        { return r.body, nil }
func (r raw) MediaType() (types.MediaType, error) { return r.mediaType, nil }

func rawJSON(t testing.TB, mediaType types.MediaType, value any) raw {
	t.Helper()
	return raw{body: must(json.Marshal(value))(t), mediaType: mediaType}
}

// must(f())(t) is f's value; an error ends the test.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
