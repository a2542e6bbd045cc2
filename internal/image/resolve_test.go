package image_test

import (
	"io"
	"log"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
)

// seen is what an Image says, without the digests, which are checked apart.
type seen struct {
	Index     bool
	Platforms []v1.Platform
	Configs   []v1.Platform
	Skipped   int
}

func TestResolve(t *testing.T) {
	aarch64 := v1.Platform{OS: "linux", Architecture: "aarch64"}
	armv8 := v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}
	chart := mutate.ConfigMediaType(oci(imageFor(t, v1.Platform{})), "application/vnd.cncf.helm.config.v1+json")
	attested := entry(imageFor(t, unknown), &unknown)
	attested.Annotations = map[string]string{"vnd.docker.reference.type": "attestation-manifest"}
	amd, arm := imageFor(t, amd64), imageFor(t, arm64)
	both := []v1.Platform{amd64, arm64}

	for _, test := range []struct {
		name string
		push remote.Taggable
		want seen
	}{
		{"a_single_docker_manifest", amd, seen{false, both[:1], both[:1], 0}},
		{"a_single_oci_manifest", oci(arm), seen{false, both[1:], both[1:], 0}},
		{"a_single_manifest_that_names_no_platform", imageFor(t, v1.Platform{}), seen{false, nil, []v1.Platform{{}}, 0}},
		{"an_oci_index", indexOf(entry(oci(amd), &amd64), entry(oci(arm), &arm64)), seen{true, both, both, 0}},
		{"a_docker_manifest_list", mutate.IndexMediaType(indexOf(entry(amd, &amd64), entry(arm, &arm64)),
			types.DockerManifestList),
			seen{true, both, both, 0}},
		{"an_index_for_one_platform", indexOf(entry(amd, &amd64), attested), seen{true, both[:1], both[:1], 1}},
		{"attestations_without_annotation", indexOf(entry(amd, &amd64), entry(arm, &unknown)), seen{true, both[:1], both[:1],
			1}},
		{"a_chart_among_images", indexOf(entry(chart, nil), entry(amd, &amd64)), seen{true, both[:1], both[:1], 1}},
		{"entries_that_name_no_platform", indexOf(entry(amd, nil), entry(arm, nil)), seen{true, both, both, 0}},
		{"a_nested_index", indexOf(entry(indexOf(entry(amd, &amd64)), nil), entry(indexOf(entry(arm, &arm64)), nil)),
			seen{true, both, both, 0}},
		{"other_names_of_a_platform", indexOf(entry(imageFor(t, aarch64), &armv8), entry(imageFor(t, armv7),
			&v1.Platform{OS: "linux", Architecture: "arm"})),
			seen{true, []v1.Platform{arm64, armv7}, []v1.Platform{arm64, armv7}, 0}},
		{"one_platform_twice", indexOf(entry(amd, &amd64), entry(oci(amd), &amd64)), seen{true, both[:1], []v1.Platform{amd64,
			amd64}, 0}},
		{"an_entry_that_lies", indexOf(entry(amd, &amd64), entry(amd, &arm64)), seen{true, both, []v1.Platform{amd64, amd64},
			0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ref := push(t, newRegistry(t)+"/shop/cart:1", test.push)
			img := must(resolve(t.Context(), ref, options()))(t)
			if diff := cmp.Diff(test.want, see(img)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if want := must(remote.Get(ref))(t).Digest; img.Digest != want {
				t.Errorf("digest %s, want %s", img.Digest, want)
			}
		})
	}
}

func see(img *image.Image) seen {
	s := seen{Index: img.Index, Platforms: img.Platforms(), Skipped: img.Skipped}
	for _, m := range img.Manifests {
		s.Configs = append(s.Configs, m.Config)
	}
	return s
}

func TestResolve_describes_each_manifest(t *testing.T) {
	child := oci(imageFor(t, arm64))
	ref := push(t, newRegistry(t)+"/cart:1", indexOf(entry(child, &arm64)))
	want := []image.Manifest{{
		Platform: arm64, Config: arm64, MediaType: types.OCIManifestSchema1,
		Digest: must(child.Digest())(t), Size: must(child.Size())(t), Bytes: must(child.Size())(t) +
			must(child.Manifest())(t).Config.Size,
		File: must(child.ConfigFile())(t), Layers: []v1.Descriptor{},
	}}
	if diff := cmp.Diff(want, must(resolve(t.Context(), ref, options()))(t).Manifests); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Plain file servers that act as registries do not know the media types.
func TestResolve_reads_media_type_from_manifest_where_header_is_wrong(t *testing.T) {
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	host := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(contentType{w, r}, r)
	}))
	ref := push(t, host+"/cart:1", indexOf(entry(imageFor(t, amd64), &amd64)))
	if diff := cmp.Diff([]v1.Platform{amd64}, must(resolve(t.Context(), ref, options()))(t).Platforms()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// contentType is a response that calls every manifest plain text.
type contentType struct {
	http.ResponseWriter
	request *http.Request
}

func (c contentType) WriteHeader(status int) {
	if strings.Contains(c.request.URL.Path, "/manifests/") {
		c.Header().Set("Content-Type", "text/plain")
	}
	c.ResponseWriter.WriteHeader(status)
}

func TestClient_keeps_order_and_asks_once(t *testing.T) {
	var asked atomic.Int32
	var agents atomic.Value
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	host := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/manifests/1") {
			asked.Add(1)
			agents.Store(r.UserAgent())
		}
		inner.ServeHTTP(w, r)
	}))
	cart := push(t, host+"/cart:1", imageFor(t, amd64))
	till := push(t, host+"/till:1", imageFor(t, arm64))
	refs := []name.Reference{till, cart, parse(t, host+"/none:2"), cart}

	results := options().client().Resolve(t.Context(), refs)
	var got []string
	for _, r := range results {
		if r.Err != nil {
			got = append(got, "error")
			continue
		}
		got = append(got, r.Image.Reference.String()+" "+r.Image.Platforms()[0].Architecture)
	}
	want := []string{till.String() + " arm64", cart.String() + " amd64", "error", cart.String() + " amd64"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if asked.Load() != 2 {
		t.Errorf("the registry was asked %d times for two images", asked.Load())
	}
	if agent, _ := agents.Load().(string); !strings.HasPrefix(agent, "multiarch-deploy") {
		t.Errorf("user agent %q, want one that names this program", agent)
	}
}

// account is a keychain with one account for every registry.
type account authn.AuthConfig

func (a account) Resolve(authn.Resource) (authn.Authenticator, error) {
	return authn.FromConfig(authn.AuthConfig(a)), nil
}

func TestResolve_signs_in_with_keychain(t *testing.T) {
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	host := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); r.Method == http.MethodGet && user+":"+password != "shop:open" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	ref := parse(t, host+"/cart:1")
	signedIn := account{Username: "shop", Password: "open"}
	must(true, remote.Push(ref, imageFor(t, amd64), remote.WithAuthFromKeychain(signedIn)))(t)
	for _, test := range []struct {
		name     string
		keychain authn.Keychain
		want     finding.Code
	}{
		{"the_right_password", signedIn, ""},
		{"a_wrong_password", account{Username: "shop", Password: "sesame"}, finding.ImageUnauthorized},
		{"none", nil, finding.ImageUnauthorized},
	} {
		t.Run(test.name, func(t *testing.T) {
			opts := options()
			opts.registry.Keychain = test.keychain
			_, err := resolve(t.Context(), ref, opts)
			if got := faultOf(err, host).Code; got != test.want || (err == nil) != (test.want == "") {
				t.Errorf("got code %q and error %v, want code %q", got, err, test.want)
			}
		})
	}
}

func TestParseReference(t *testing.T) {
	digest := "@sha256:" + strings.Repeat("a", 64)
	for _, test := range []struct{ name, in, want string }{
		{"a_bare_name_is_docker_hub's", "nginx", "index.docker.io/library/nginx:latest"},
		{"a_registry_with_a_port", "127.0.0.1:5000/cart:1", "127.0.0.1:5000/cart:1"},
		{"a_digest", "ghcr.io/shop/cart" + digest, "ghcr.io/shop/cart" + digest},
		{"a_tag_and_a_digest", "ghcr.io/shop/cart:1" + digest, "ghcr.io/shop/cart" + digest},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := parse(t, test.in).Name(); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	for _, in := range []string{"", "Shop/Cart:1", "https://ghcr.io/shop/cart", "cart:1 2", "cart@sha256:abc"} {
		t.Run("refuses_"+in, func(t *testing.T) {
			_, err := image.ParseReference(in)
			if err == nil || !strings.Contains(err.Error(), "write it as REGISTRY/REPOSITORY:TAG") {
				t.Errorf("got error %v, want one that says how to write it", err)
			}
		})
	}
}
