package join_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/build/join"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
	registrytest "github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

const commit = "4f2a9c1d7be3605f8a21c94d0e57b6138fca2d90"

var (
	amd64 = v1.Platform{OS: "linux", Architecture: "amd64"}
	arm64 = v1.Platform{OS: "linux", Architecture: "arm64"}
)

// world is a registry, and a builder that joins in it.
type world struct {
	t        *testing.T
	registry *registrytest.Registry
	builder  *join.Builder

	mu       sync.Mutex
	requests []string
	said     string
}

func newWorld(t *testing.T, opts registrytest.Options) *world {
	t.Helper()
	w := &world{t: t}
	opts.Wrap = func(inner http.Handler) http.Handler {
		return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			w.mu.Lock()
			w.requests = append(w.requests, r.Method+" "+r.URL.Path)
			w.mu.Unlock()
			inner.ServeHTTP(out, r)
		})
	}
	w.registry = registrytest.Start(t, opts)
	w.builder = w.newBuilder()
	return w
}

// newBuilder is the builder of another run.
func (w *world) newBuilder() *join.Builder {
	options := registry.DefaultOptions()
	options.Keychain = w.registry.Keychain
	return &join.Builder{Registry: registry.New(options), Progress: func(e progress.Event) {
		if message, ok := e.(progress.Message); ok {
			w.said += message.Text + "\n"
		}
	}}
}

func (w *world) tag(text string) name.Tag {
	w.t.Helper()
	tag, err := name.NewTag(w.registry.Host + "/" + text)
	if err != nil {
		w.t.Fatal(err)
	}
	return tag
}

// image is one for a platform, of a commit, with content of its own.
func image(t *testing.T, p v1.Platform, revision string) v1.Image {
	t.Helper()
	img, err := random.Image(1000, 2)
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Variant = p.OS, p.Architecture, p.Variant
	config.Created = v1.Time{Time: time.Unix(1_786_000_000, 0)}
	if revision != "" {
		config.Config.Labels = map[string]string{build.RevisionKey: revision}
	}
	if img, err = mutate.ConfigFile(mutate.MediaType(img, types.OCIManifestSchema1), config); err != nil {
		t.Fatal(err)
	}
	return img
}

// attested is the index that BuildKit makes of an image and its provenance.
func attested(t *testing.T, img v1.Image, p v1.Platform) v1.ImageIndex {
	t.Helper()
	digest, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	attestation, err := random.Image(100, 1)
	if err != nil {
		t.Fatal(err)
	}
	return mutate.AppendManifests(empty.Index,
		mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &p}},
		mutate.IndexAddendum{Add: attestation, Descriptor: v1.Descriptor{
			Platform: &v1.Platform{OS: "unknown", Architecture: "unknown"},
			Annotations: map[string]string{
				"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": digest.String(),
			},
		}})
}

func (w *world) push(to name.Reference, what remote.Taggable) {
	w.t.Helper()
	if err := remote.Push(to, what, remote.WithAuthFromKeychain(w.registry.Keychain)); err != nil {
		w.t.Fatal(err)
	}
}

// spec joins an image from where push-as: platform leaves its parts.
func (w *world) spec(tag string, platforms ...v1.Platform) build.Spec {
	w.t.Helper()
	spec := build.Spec{Name: "shop/cart", Reference: w.tag(tag), Platforms: platforms}
	spec.Annotations.Index = map[string]string{build.RevisionKey: commit}
	for _, p := range platforms {
		part := w.tag(fmt.Sprintf("%s-%s-%s%s", tag, p.OS, p.Architecture, p.Variant))
		spec.Parts = append(spec.Parts, build.Part{Platform: p, References: []name.Reference{part}})
	}
	return spec
}

// index is what a tag leads to, or nil.
func (w *world) index(tag name.Tag) *v1.IndexManifest {
	w.t.Helper()
	index, err := remote.Index(tag, remote.WithAuthFromKeychain(w.registry.Keychain))
	if err != nil {
		return nil
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		w.t.Fatal(err)
	}
	return manifest
}

// fault is the error of a build that the user's jobs are at fault for, as a text.
func fault(t *testing.T, err error) string {
	t.Helper()
	var fault *build.Fault
	if !errors.As(err, &fault) {
		t.Fatalf("error %v is no *build.Fault", err)
	}
	text := ""
	for _, f := range fault.Findings {
		text += string(f.Code) + ": " + f.Message + "\n" + f.Fix + "\n"
	}
	return text
}

func (w *world) build(specs ...build.Spec) ([]v1.Hash, error) {
	return w.builder.Build(context.Background(), specs)
}

// later is the image as if it was made two days after the others.
func later(t *testing.T, img v1.Image) v1.Image {
	t.Helper()
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.Created = v1.Time{Time: config.Created.Add(48 * time.Hour)}
	if img, err = mutate.ConfigFile(img, config); err != nil {
		t.Fatal(err)
	}
	return img
}
