package image

import (
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// Verify compares an image with the platforms that were asked for. It finds each platform that is missing, each that
// the image's index and config disagree about, each whose binary is for another CPU, platforms that share a binary,
// and a digest that names one platform only. Faults of a platform that was asked for are errors, of others warnings;
// what could not be checked is told as info. No finding means that all is there and right. What the layers hold is
// known only after Client.Inspect.
func Verify(img *Image, want []v1.Platform) []finding.Finding {
	var findings []finding.Finding
	for _, p := range want {
		offers := func(have v1.Platform) bool { return matches(p, have) }
		if !slices.ContainsFunc(img.Platforms(), offers) {
			findings = append(findings, missing(img, normalise(p), want))
		}
	}
	for _, m := range img.Manifests {
		if !agree(m.Platform, m.Config) {
			findings = append(findings, mismatch(img, m, want))
		}
		findings = append(findings, binaryMismatches(img, m, want)...)
	}
	findings = append(findings, identicalLayers(img, want)...)
	if f, ok := ChildDigest(img, want); ok {
		findings = append(findings, f)
	}
	return append(findings, unchecked(img)...)
}

// severity is that of a fault of one platform.
func severity(p v1.Platform, want []v1.Platform) finding.Severity {
	if slices.ContainsFunc(want, func(w v1.Platform) bool { return matches(w, p) }) {
		return finding.Error
	}
	return finding.Warning
}
