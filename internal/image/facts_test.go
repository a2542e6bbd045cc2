package image_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
)

// attestation is what buildx puts beside an image: a statement a layer, each with its predicate's type.
func attestation(t testing.TB, predicates ...string) mutate.IndexAddendum {
	t.Helper()
	img := oci(imageFor(t, unknown))
	for _, p := range predicates {
		img = must(mutate.Append(img, mutate.Addendum{
			Layer:       static.NewLayer([]byte(p), "application/vnd.in-toto+json"),
			MediaType:   "application/vnd.in-toto+json",
			Annotations: map[string]string{"in-toto.io/predicate-type": p},
		}))(t)
	}
	listed := entry(img, &unknown)
	listed.Annotations = map[string]string{"vnd.docker.reference.type": "attestation-manifest"}
	return listed
}

func TestResolve_reports_attestations(t *testing.T) {
	own := entry(imageFor(t, amd64), &amd64)
	for _, test := range []struct {
		name string
		push remote.Taggable
		want []string
	}{
		{"none", indexOf(own), nil},
		{"provenance", indexOf(own, attestation(t, "https://slsa.dev/provenance/v0.2")), []string{"provenance"}},
		{"several", indexOf(own, attestation(t, "https://spdx.dev/Document", "https://slsa.dev/provenance/v1"), attestation(t,
			"https://example.com/scan")),
			[]string{"https://example.com/scan", "provenance", "sbom"}},
		{"below_another_index", indexOf(entry(indexOf(own, attestation(t, "https://cyclonedx.org/bom")), nil)),
			[]string{"sbom"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			img := must(resolve(t.Context(), push(t, newRegistry(t)+"/cart:1", test.push), options()))(t)
			if diff := cmp.Diff(test.want, img.Attestations); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestResolve_reports_the_base(t *testing.T) {
	told := map[string]string{"org.opencontainers.image.base.name": "docker.io/library/alpine:3",
		"org.opencontainers.image.base.digest": "sha256:ab"}
	labelled := recipe{platform: amd64, config: v1.Config{Labels: told}}.image(t)
	bare := oci(imageFor(t, amd64))
	want := image.Base{Name: "docker.io/library/alpine:3", Digest: "sha256:ab"}
	for name, test := range map[string]struct {
		push remote.Taggable
		want image.Base
	}{
		"by_the_index":    {mutate.Annotations(indexOf(entry(bare, &amd64)), told).(v1.ImageIndex), want},
		"by_the_manifest": {indexOf(entry(mutate.Annotations(bare, told).(v1.Image), &amd64)), want},
		"by_the_labels":   {labelled, want},
		"not_at_all":      {bare, image.Base{}},
	} {
		t.Run(name, func(t *testing.T) {
			img := must(resolve(t.Context(), push(t, newRegistry(t)+"/cart:1", test.push), options()))(t)
			if diff := cmp.Diff(test.want, img.Base); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
