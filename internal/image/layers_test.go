package image_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/verify"
)

// examine takes references through Resolve and Inspect.
func examine(t testing.TB, opts settings, refs ...name.Reference) []*image.Image {
	t.Helper()
	client := opts.client()
	var images []*image.Image
	for _, result := range client.Resolve(t.Context(), refs) {
		if result.Err != nil {
			t.Fatal(result.Err)
		}
		images = append(images, result.Image)
	}
	for _, err := range client.Inspect(t.Context(), images...) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return images
}

// brief writes findings as the table does.
func brief(findings []finding.Finding) (list []string) {
	for _, f := range findings {
		list = append(list, strings.Join([]string{string(f.Severity), string(f.Code), f.Architecture}, " "))
	}
	return list
}

func both(want []v1.Platform) []v1.Platform {
	if want == nil {
		return []v1.Platform{amd64, arm64}
	}
	return want
}

// All images are examined in one go: what one of them is made of must not spill over into another.
func TestNo_image_that_lies_passes(t *testing.T) {
	host := newRegistry(t)
	lies := append(honest(t), lying(t)...)
	var refs []name.Reference
	for _, l := range lies {
		refs = append(refs, push(t, host+"/"+l.name+":1", l.push))
	}
	for i, img := range examine(t, options(), refs...) {
		t.Run(lies[i].name, func(t *testing.T) {
			findings := verify.Image(img, both(lies[i].want))
			if diff := cmp.Diff(lies[i].find, brief(findings)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
				for _, f := range findings {
					t.Log(f.Message)
				}
			}
		})
	}
}
