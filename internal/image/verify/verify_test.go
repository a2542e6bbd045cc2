package verify_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/verify"
)

var (
	amd64 = v1.Platform{OS: "linux", Architecture: "amd64"}
	arm64 = v1.Platform{OS: "linux", Architecture: "arm64"}
	armv7 = v1.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}
)

func TestVerify(t *testing.T) {
	reference, err := image.ParseReference("r.example/cart:1")
	if err != nil {
		t.Fatal(err)
	}
	manifest := func(index, config v1.Platform) image.Manifest {
		return image.Manifest{Platform: index, Config: config, Digest: v1.Hash{Algorithm: "sha256", Hex: "ab"}}
	}
	honest := func(list ...v1.Platform) (manifests []image.Manifest) {
		for _, p := range list {
			manifests = append(manifests, manifest(p, p))
		}
		return manifests
	}
	arm := v1.Platform{OS: "linux", Architecture: "arm"}
	armv6 := v1.Platform{OS: "linux", Architecture: "arm", Variant: "v6"}
	armv8 := v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}
	both := []v1.Platform{amd64, arm64}
	lacks := func(p v1.Platform, because, build string) finding.Finding {
		return finding.Finding{Code: finding.PlatformMissing, Severity: finding.Error, Image: "r.example/cart:1",
			Architecture: p.Architecture,
			Message:      "Image r.example/cart:1 lacks " + p.String() + ": " + because + ".",
			Fix: "Build the image for " + p.String() + " too (docker buildx build --platform " + build + "), or leave " +
				p.String() +
				" out of its platforms and keep its pods on other nodes."}
	}
	lies := func(severity finding.Severity, config string) finding.Finding {
		return finding.Finding{Code: finding.PlatformMismatch, Severity: severity, Image: "r.example/cart:1",
			Architecture: "arm64",
			Message: "Image r.example/cart:1 lists sha256:ab as linux/arm64, but the config of that image names " + config +
				". Nodes go by the index, so linux/arm64 nodes would start it, whatever it contains.",
			Fix: "Build linux/arm64 again from a base image that is an index; a base pinned to the digest of one platform " +
				"makes such images."}
	}
	for _, test := range []struct {
		name      string
		index     bool
		manifests []image.Manifest
		want      []v1.Platform
		findings  []finding.Finding
	}{
		{"all_there", true, honest(amd64, arm64), both, nil},
		{"more_than_asked_for", true, honest(amd64, arm64, armv7), both, nil},
		{"another_spelling", true, honest(arm64, armv7), []v1.Platform{armv8, arm}, nil},
		{"a_single_manifest_for_the_one_platform", false, honest(arm64), both[1:], nil},
		{"a_platform_missing_from_an_index", true, honest(amd64), both, []finding.Finding{
			lacks(arm64, "its index offers linux/amd64, so linux/arm64 nodes cannot pull it", "linux/amd64,linux/arm64")}},
		{"a_platform_missing_from_a_single_manifest", false, honest(amd64), both, []finding.Finding{
			lacks(arm64, "it is a single manifest for linux/amd64, not an index, so linux/arm64 nodes would start it all the "+
				"same and fail with exec format error", "linux/amd64,linux/arm64")}},
		{"a_variant_is_no_substitute", true, honest(armv6), []v1.Platform{arm}, []finding.Finding{
			lacks(armv7, "its index offers linux/arm/v6, so linux/arm/v7 nodes would take the nearest of these instead",
				"linux/arm")}},
		{"a_config_that_names_nothing", false, []image.Manifest{{}}, both[:1], []finding.Finding{
			lacks(amd64, "its config names no architecture, so nodes of any CPU would start it, whatever it contains",
				"linux/amd64")}},
		{"a_config_that_disagrees", true, append(honest(amd64), manifest(arm64, amd64)), both,
			[]finding.Finding{lies(finding.Error, "linux/amd64")}},
		{"a_config_that_disagrees_about_what_nobody_asked_for", true, append(honest(amd64), manifest(arm64, amd64)), both[:1],
			[]finding.Finding{lies(finding.Warning, "linux/amd64")}},
		{"an_entry_whose_config_names_nothing", true, []image.Manifest{manifest(arm64, v1.Platform{})}, both[1:],
			[]finding.Finding{lies(finding.Error, "no architecture")}},
		{"a_config_without_the_variant", true, []image.Manifest{manifest(armv6, arm)}, []v1.Platform{armv6}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			img := &image.Image{Reference: reference, Index: test.index, Manifests: test.manifests}
			if diff := cmp.Diff(test.findings, verify.Image(img, test.want)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
