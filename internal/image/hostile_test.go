package image_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image/verify"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

func TestResolve_bounds_layers(t *testing.T) {
	host := newRegistry(t)
	config := must(imageFor(t, amd64).Manifest())(t).Config
	push(t, host+"/cart:0", imageFor(t, amd64))
	manifest := v1.Manifest{SchemaVersion: 2, MediaType: types.DockerManifestSchema2, Config: config}
	for range 513 {
		manifest.Layers = append(manifest.Layers, v1.Descriptor{MediaType: types.DockerLayer, Digest: config.Digest, Size: 1})
	}
	_, err := resolve(t.Context(), push(t, host+"/cart:1", rawJSON(t, types.DockerManifestSchema2, manifest)), options())
	want := `image "HOST/cart:1" in registry "HOST": manifest DIGEST has 513 layers; at most 512 are read`
	if got := faultOf(err, host).Text; got != want {
		t.Errorf("got error  %s\nwant error %s", got, want)
	}
}

// holding is an image with one layer of any bytes, which starts /app.
func holding(t testing.TB, content []byte) v1.Image {
	t.Helper()
	img := must(mutate.AppendLayers(empty.Image, static.NewLayer(content, types.DockerLayer)))(t)
	return configured(t, img, recipe{platform: amd64, start: []string{"/app"}}, nil)
}

// What a layer contains is the image's fault, not the registry's: it is told, and the rest of the run goes on.
func TestLayers_that_are_not_what_they_should_be(t *testing.T) {
	bomb, _ := gzipped(archive(files{"zeros", string(make([]byte, 4<<20)), "app", binaryFor("amd64")}))
	many := archive(files{"1", "", "2", "", "3", "", "4", "", "5", "", "6", "", "app", binaryFor("amd64")})
	good, _ := gzipped(archive(files{"data", string(noise(1 << 16)), "app", binaryFor("amd64")}))
	other := holding(t, good)
	for _, test := range []struct {
		name   string
		img    v1.Image
		limits func(*rootfs.Limits)
		serve  []byte // in place of the layer
		want   string
	}{
		{name: "a_bomb", img: holding(t, bomb), limits: func(l *rootfs.Limits) { l.RatioFrom = 1 << 20 },
			want: "reading layer 1 of 1: bytes for each packed byte of a layer: at most 200 are read"},
		{name: "a_flood", img: holding(t, bomb), limits: func(l *rootfs.Limits) { l.Bytes = 1 << 20 },
			want: "reading layer 1 of 1: bytes of one layer, unpacked: at most 1048576 are read"},
		{name: "a_crowd", img: holding(t, many), limits: func(l *rootfs.Limits) { l.Entries = 5 },
			want: "reading layer 1 of 1: entries of one layer: at most 5 are read"},
		{name: "half_an_archive", img: holding(t, good[:len(good)/2]), want: "reading layer 1 of 1: unexpected EOF"},
		{name: "a_layer_that_never_ends", img: other, serve: append(bytes.Clone(good[:len(good)/2]), noise(1<<20)...),
			want: "reading layer 1 of 1: blob DIGEST has more than the "},
		{name: "a_layer_of_another_digest", img: holding(t, archive(files{"other", binaryFor("amd64")})),
			serve: archive(files{"trick", binaryFor("amd64")}),
			want:  "reading layer 1 of 1: blob DIGEST has 2048 bytes of digest "},
	} {
		t.Run(test.name, func(t *testing.T) {
			host := serve(t, newCounted(func(w http.ResponseWriter, r *http.Request, _ int) bool {
				swap := test.serve != nil && strings.HasSuffix(r.URL.Path, layerOf(t, test.img))
				if swap {
					_, _ = w.Write(test.serve)
				}
				return swap
			}))
			opts := options()
			if test.limits != nil {
				test.limits(&opts.inspect.Limits)
			}
			img := examine(t, opts, push(t, host+"/cart:1", test.img))[0]
			findings := verify.Image(img, []v1.Platform{amd64})
			if diff := cmp.Diff([]string{"warning binary-unchecked amd64"}, brief(findings)); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			message := digest.ReplaceAllString(findings[0].Message, "DIGEST")
			if want := fmt.Sprintf("Image %s/cart:1 for linux/amd64 could not be checked: %s", host,
				test.want); !strings.HasPrefix(message, want) {
				t.Errorf("got message  %s\nwant message %s", message, want)
			}
		})
	}
}

// A registry must not be able to send this machine to its neighbours.
func TestRedirects_to_private_addresses_are_not_followed(t *testing.T) {
	img := app(amd64, binaryFor("amd64")).image(t)
	for _, test := range []struct {
		from, to string
		followed bool
	}{
		{"registry.lan", "blobs.lan", true},
		{"registry.lan", "169.254.169.254", false},
		{"registry.lan", "10.0.0.1", false},
		{"registry.lan", "127.0.0.1", false},
		{"registry.lan", "localhost", false},
	} {
		t.Run(test.to, func(t *testing.T) {
			registry := newCounted(func(w http.ResponseWriter, r *http.Request, _ int) bool {
				if r.Host != test.from || !strings.HasSuffix(r.URL.Path, layerOf(t, img)) {
					return false
				}
				http.Redirect(w, r, "http://"+test.to+r.URL.Path, http.StatusTemporaryRedirect)
				return true
			})
			host := serve(t, registry)
			push(t, host+"/cart:1", img)
			opts := options()
			opts.registry.Transport, opts.registry.PlainHTTP = everywhere(host), []string{test.from, test.to}
			_, err := inspected(t, opts, parse(t, test.from+"/cart:1"))
			if (err == nil) != test.followed || (err != nil && !strings.Contains(err.Error(),
				"redirects to the private address "+test.to)) {
				t.Errorf("got error %v; want it followed: %v", err, test.followed)
			}
		})
	}
}

func TestChild_digest_is_found(t *testing.T) {
	host := newRegistry(t)
	child := app(amd64, binaryFor("amd64")).image(t)
	index := indexOf(entry(child, &amd64), app(arm64, binaryFor("arm64")).as(t, arm64))
	alone := app(amd64, binaryFor("amd64")+" ").image(t)
	push(t, host+"/cart:1", index)
	push(t, host+"/cart:other", alone)
	pinned, whole, lone := must(child.Digest())(t), must(index.Digest())(t), must(alone.Digest())(t)
	for _, test := range []struct {
		name, reference string
		want            []v1.Platform
		find            []string
		fix             string
	}{
		{"with_the_tag", "cart:1@" + pinned.String(), []v1.Platform{amd64, arm64}, []string{"error platform-missing arm64",
			"error child-digest amd64"}, "cart:1@" + whole.String()},
		{"without_a_tag", "cart@" + pinned.String(), []v1.Platform{amd64, arm64}, []string{"error platform-missing arm64",
			"error child-digest amd64"}, "cart@" + whole.String()},
		{"for_that_platform_alone", "cart:1@" + pinned.String(), []v1.Platform{amd64}, []string{"warning child-digest amd64"},
			"cart:1@" + whole.String()},
		{"the_index", "cart:1@" + whole.String(), []v1.Platform{amd64, arm64}, nil, ""},
		{"a_manifest_of_no_index", "cart@" + lone.String(), []v1.Platform{amd64}, nil, ""},
		{"a_tag_that_is_gone", "cart:gone@" + pinned.String(), []v1.Platform{amd64}, nil, ""},
		{"a_tag_of_something_else", "cart:other@" + pinned.String(), []v1.Platform{amd64}, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			img := examine(t, options(), parse(t, host+"/"+test.reference))[0]
			findings := verify.Image(img, test.want)
			if diff := cmp.Diff(test.find, brief(findings)); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			if f, ok := verify.ChildDigest(img, test.want); ok && f.Fix != "Use the digest of the index: "+host+"/"+test.fix {
				t.Errorf("fix %q, want the reference %q", f.Fix, test.fix)
			}
		})
	}
}

func TestTags_are_searched_side_by_side_and_not_forever(t *testing.T) {
	registry := newCounted(nil)
	host := serve(t, registry)
	child := app(amd64, binaryFor("amd64")).image(t)
	push(t, host+"/cart:0-has-it", indexOf(entry(child, &amd64)))
	for i := range 40 {
		push(t, fmt.Sprintf("%s/cart:1-%d", host, i), indexOf(app(arm64, fmt.Sprint(i)).as(t, arm64)))
	}
	ref := must(name.NewDigest(host + "/cart@" + must(child.Digest())(t).String()))(t)
	img := must(resolve(t.Context(), ref, options()))(t)
	asked := 0
	for path, n := range registry.times {
		if strings.Contains(path, "/manifests/1-") {
			asked += n
		}
	}
	if img.ParentTag != "" || asked != 32 {
		t.Errorf("parent found under %q, %d tags looked at; want none, 32", img.ParentTag, asked)
	}
}
