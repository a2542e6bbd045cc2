package assemble_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/build/assemble"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
	registrytest "github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

// Wherever a registry fails in the middle of a push, the tag leads to all of what it led to before.
func TestBuild_leaves_the_tag_as_it_was_when_the_push_fails(t *testing.T) {
	put := func(path string) func(*http.Request) bool {
		return func(r *http.Request) bool { return r.Method == http.MethodPut && strings.Contains(r.URL.Path, path) }
	}
	for _, test := range []struct {
		name  string
		spoil func(*http.Request) bool
	}{
		{"at_the_first_layer", func(r *http.Request) bool { return r.Method == http.MethodPost }},
		{"at_the_end_of_a_layer", put("/blobs/uploads/")},
		{"at_a_platform_s_manifest", put("/manifests/sha256:")},
		{"at_the_index", put("/manifests/1")},
	} {
		t.Run(test.name, func(t *testing.T) {
			requests := &recorder{}
			registry := registrytest.Start(t, registrytest.Options{Wrap: requests.wrap})
			spec := cartFor(t, registry, dist(t), amd64, arm64)
			before := must(mustRun(t, registry, spec).Digest())(t)

			requests.start(test.spoil)
			changed := spec
			changed.Assembly.Artifacts = append([]build.Artifact{{Source: newFile(t), Destination: "/etc/new"}},
				spec.Assembly.Artifacts...)
			_, err := run(t, registry, changed)
			if err == nil || !strings.Contains(err.Error(), "its tag is as it was") {
				t.Errorf("got error %v, want one that says what became of the tag", err)
			}
			if len(requests.matching("PUT /v2/shop/cart/manifests/1")) > 0 && test.name != "at_the_index" {
				t.Error("the index was sent before all that it lists")
			}

			requests.start(nil)
			after := must(must(remoteIndex(registry, spec.Reference))(t).Digest())(t)
			if after != before {
				t.Errorf("the tag leads to %s, and led to %s before", after, before)
			}
			if got := must(mustRun(t, registry, changed).Digest())(t); got == before {
				t.Error("the next run, with the registry in order again, pushed nothing new")
			}
		})
	}
}

func TestBuild_says_what_to_do_when_a_registry_fails(t *testing.T) {
	refused := authn.FromConfig(authn.AuthConfig{Username: "shop", Password: "guess"})
	silent := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	}
	for _, test := range []struct {
		name string
		opts registrytest.Options
		auth authn.Authenticator
		want []string
	}{
		{"it_refuses_the_push", tokens, refused, []string{`pushing image "HOST/shop/cart:1": registry "HOST" refuses it`,
			"sign in with an identity that may push there"}},
		{"it_hangs", registrytest.Options{Wrap: silent}, nil, []string{`pushing image "HOST/shop/cart:1"`,
			"cannot be reached: nothing received for 1s"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			registry := registrytest.Start(t, test.opts)
			keychain := registry.Keychain
			if test.auth != nil {
				keychain = always{test.auth}
			}
			builder := assemble.Builder{Registry: client(keychain, impatient)}
			_, err := builder.Build(t.Context(), []build.Spec{cartFor(t, registry, dist(t), amd64)})
			for _, part := range test.want {
				if err == nil || !strings.Contains(withoutHost(err.Error(), registry), part) {
					t.Errorf("got error  %v\nwant one that says %s", err, part)
				}
			}
		})
	}
}

func TestBuild_says_which_base_can_t_be_read(t *testing.T) {
	registry := registrytest.Start(t, registrytest.Options{})
	spec := cartFor(t, registry, dist(t), amd64)
	spec.Assembly.Base = must(name.ParseReference("127.0.0.1:1/os/base:1"))(t)
	_, err := run(t, registry, spec)
	const want = `image registry/cart: reading base image "127.0.0.1:1/os/base:1": `
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got error  %v\nwant prefix %s", err, want)
	}
}

func TestBuild_stops_when_interrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	registry := registrytest.Start(t, registrytest.Options{Wrap: func(inner http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch {
				_, _ = io.Copy(io.Discard, r.Body) // only then does the server see that the client is gone
				interrupt()
				<-r.Context().Done()
			}
			inner.ServeHTTP(w, r)
		})
	}})
	builder := assemble.Builder{Registry: client(registry.Keychain)}
	_, err := builder.Build(ctx, []build.Spec{cartFor(t, registry, dist(t), amd64)})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want that of the context", err)
	}
}

// A base whose registry stops in the middle of an answer must not keep the job.
func TestBuild_ends_when_a_base_stalls(t *testing.T) {
	for _, part := range []string{"/manifests/1", "/manifests/sha256:", "/blobs/"} {
		t.Run(strings.Trim(part, "/:"), func(t *testing.T) {
			stall := func(inner http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/os/base"+part) {
						inner.ServeHTTP(w, r)
						return
					}
					w.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
					_, _ = io.WriteString(w, "ten bytes!")
					w.(http.Flusher).Flush()
					<-r.Context().Done()
				})
			}
			registry := registrytest.Start(t, registrytest.Options{Wrap: stall})
			spec := cartFor(t, registry, dist(t), amd64)
			base := must(name.ParseReference(registry.Host + "/os/base:1"))(t)
			index := must(assemble.Index(osBase(t, amd64, map[string]string{"/etc/os": ""})))(t)
			must(true, remote.Push(base, index, remote.WithAuthFromKeychain(registry.Keychain)))(t)
			spec.Assembly.Base = base
			builder := assemble.Builder{Registry: client(registry.Keychain, impatient)}
			began := time.Now()
			_, err := builder.Build(t.Context(), []build.Spec{spec})
			const want = "cannot be reached: nothing received for 1s, after 10 bytes of its answer"
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got error %v, want %q", err, want)
			}
			if took := time.Since(began); took > 3*time.Minute {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// A config is read whole, so a base must not be able to fill the memory with one.
func TestBuild_refuses_a_base_with_a_huge_config(t *testing.T) {
	manifest := []byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[],"config":{` +
		`"mediaType":"application/vnd.oci.image.config.v1+json","size":99999999999,"digest":"sha256:` + strings.Repeat("0",
		64) + `"}}`)
	registry := registrytest.Start(t, registrytest.Options{Wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/os/base/manifests/1") {
				w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
				_, _ = w.Write(manifest)
				return
			}
			next.ServeHTTP(w, r)
		})
	}})
	spec := cartFor(t, registry, dist(t), amd64)
	spec.Assembly.Base = must(name.ParseReference(registry.Host + "/os/base:1"))(t)
	_, err := run(t, registry, spec)
	const want = "its config has 99999999999 bytes; at most 4194304 are read"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want %q", err, want)
	}
}

// impatient has registries counted as hanging early.
func impatient(opts *registry.Options) {
	const soon = time.Second
	opts.Reads.Headers, opts.Reads.Silence, opts.Writes.Headers, opts.Writes.Silence = soon, soon, soon, soon
}

func newFile(t *testing.T) string {
	return filepath.Join(folder(t, map[string]string{"new": "new"}), "new")
}

// always is a keychain with one answer.
type always struct{ authn.Authenticator }

// Resolve implements authn.Keychain.
func (a always) Resolve(authn.Resource) (authn.Authenticator, error) { return a.Authenticator, nil }
