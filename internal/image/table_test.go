package image_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/containerd/stargz-snapshotter/estargz"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
)

// stargz is an image with its app at the end of an eStargz layer.
func stargz(t testing.TB, p v1.Platform, binary string) v1.Image {
	t.Helper()
	content := archive(files{"usr/lib/data", string(noise(4 << 20)), "app", binary})
	built := must(estargz.Build(io.NewSectionReader(bytes.NewReader(content), 0, int64(len(content)))))(t)
	packed := must(io.ReadAll(built))(t)
	img := must(mutate.Append(empty.Image, mutate.Addendum{
		Layer:       static.NewLayer(packed, types.OCILayer),
		MediaType:   types.OCILayer,
		Annotations: map[string]string{estargz.TOCJSONDigestAnnotation: built.TOCDigest().String()},
	}))(t)
	return configured(t, img, recipe{platform: p, start: []string{"/app"}}, nil)
}

func TestInspectReadsPartsOfALayerWhereItCan(t *testing.T) {
	whole := func(w http.ResponseWriter, r *http.Request, _ int) bool {
		r.Header.Del("Range") // as registries do that know no ranges
		return false
	}
	for _, test := range []struct {
		name   string
		before func(http.ResponseWriter, *http.Request, int) bool
		most   int64 // bytes of blobs
	}{
		{"ranges", nil, 16 << 10},
		{"no_ranges", whole, 10 << 20},
	} {
		t.Run(test.name, func(t *testing.T) {
			registry := newCounted(test.before)
			ref := push(t, serve(t, registry)+"/cart:1", indexOf(entry(stargz(t, arm64, binaryFor("amd64")), &arm64)))
			findings := image.Verify(examine(t, options(), ref)[0], []v1.Platform{arm64})
			if got := brief(findings); len(got) != 1 || got[0] != caught[0] {
				t.Errorf("got findings %q, want %q", got, caught)
			}
			if n := registry.fetched(); n > test.most {
				t.Errorf("%d bytes of blobs were fetched, want %d at most", n, test.most)
			}
		})
	}
}
