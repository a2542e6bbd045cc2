// Package verify compares what an image contains with what was asked for. It looks at values only.
package verify

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/inspect"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// Image compares an image with the platforms that were asked for. It finds each platform that is missing, each that
// the image's index and config disagree about, each whose binary is for another CPU, platforms that share a binary,
// and a digest that names one platform only. Faults of a platform that was asked for are errors, of others warnings;
// what could not be checked is reported as info. No finding means that all is there and right. What the layers contain
// is known only after it was inspected.
func Image(img *image.Image, want []v1.Platform) []finding.Finding {
	var findings []finding.Finding
	for _, p := range want {
		offers := func(have v1.Platform) bool { return platform.Matches(p, have) }
		lacks := func(m image.Missing) bool { return platform.Matches(p, m.Platform) }
		if !slices.ContainsFunc(img.Platforms(), offers) && !slices.ContainsFunc(img.Missing, lacks) {
			findings = append(findings, missing(img, platform.Normalise(p), want))
		}
	}
	findings = append(findings, Incomplete(img, want)...)
	for _, m := range img.Manifests {
		if !platform.Agree(m.Platform, m.Config) {
			findings = append(findings, mismatch(img, m, want))
		}
		findings = append(findings, binaryMismatches(img, m, want)...)
	}
	findings = append(findings, identicalLayers(img, want)...)
	if f, ok := ChildDigest(img, want); ok {
		findings = append(findings, f)
	}
	return append(findings, unchecked(img, img.Manifests)...)
}

// Started finds the programs that nodes of a platform could not load, platforms that share a binary, and what could not
// be checked. Faults of a platform that was asked for are errors, of others warnings.
func Started(s inspect.Started, want []v1.Platform) (findings []finding.Finding) {
	for _, m := range s.Manifests {
		findings = append(findings, binaryMismatches(s.Image, m, want)...)
	}
	findings = append(findings, identicalLayers(s.Image, want)...)
	return append(findings, unchecked(s.Image, s.Manifests)...)
}

// Incomplete finds the entries of an index that its registry lacks: an error for a platform that was asked for, else a
// warning, since the other platforms are there.
func Incomplete(img *image.Image, want []v1.Platform) (findings []finding.Finding) {
	for _, m := range img.Missing {
		entry := m.Digest.String()
		if m.Platform.Architecture != "" {
			entry = fmt.Sprintf("%s (%s)", m.Platform, m.Digest)
		}
		findings = append(findings, finding.Finding{
			Code: finding.ImageNotFound, Severity: severity(m.Platform, want),
			Image: img.Reference.String(), Architecture: m.Platform.Architecture,
			Message: fmt.Sprintf("Image %s is incomplete: its index lists %s, which registry %s does not have. It has %s.",
				img.Reference, entry, img.Reference.Context().RegistryStr(), platform.Join(img.Platforms(), ", ")),
			Fix: "Push the whole image again, every platform of it.",
		})
	}
	return findings
}

// severity is that of a fault of one platform.
func severity(p v1.Platform, want []v1.Platform) finding.Severity {
	if slices.ContainsFunc(want, func(w v1.Platform) bool { return platform.Matches(w, p) }) {
		return finding.Error
	}
	return finding.Warning
}

func missing(img *image.Image, p v1.Platform, want []v1.Platform) finding.Finding {
	return finding.Finding{
		Code: finding.PlatformMissing, Severity: finding.Error,
		Image: img.Reference.String(), Architecture: p.Architecture,
		Message: fmt.Sprintf("Image %s lacks %s: %s, so %s.", img.Reference, p, describe(img), consequence(img, p)),
		Fix: fmt.Sprintf("Build the image for %s too (docker buildx build --platform %s), or leave %s out of its "+
			"platforms and keep its pods on other nodes.",
			p, platform.Join(want, ","), p),
	}
}

// describe says what is there.
func describe(i *image.Image) string {
	switch list := i.Platforms(); {
	case len(list) == 0:
		return "its config names no architecture"
	case i.Index:
		return "its index offers " + platform.Join(list, ", ")
	default:
		return fmt.Sprintf("it is a single manifest for %s, not an index", platform.Join(list, ", "))
	}
}

// consequence says what nodes of the missing platform would do with the image. They look for
// their platform in an index only; a single manifest they start, whatever it contains.
func consequence(i *image.Image, p v1.Platform) string {
	offers := i.Platforms()
	switch {
	case len(offers) == 0:
		return "nodes of any CPU would start it, whatever it contains"
	case !i.Index:
		return fmt.Sprintf("%s nodes would start it all the same and fail with exec format error", p)
	case slices.ContainsFunc(offers, func(have v1.Platform) bool { return platform.Runs(p, have) }):
		return fmt.Sprintf("%s nodes would take the nearest of these instead", p)
	default:
		return fmt.Sprintf("%s nodes cannot pull it", p)
	}
}

func mismatch(img *image.Image, m image.Manifest, want []v1.Platform) finding.Finding {
	config := m.Config.String()
	if m.Config.Architecture == "" {
		config = "no architecture"
	}
	return finding.Finding{
		Code: finding.PlatformMismatch, Severity: severity(m.Platform, want),
		Image: img.Reference.String(), Architecture: m.Platform.Architecture,
		Message: fmt.Sprintf("Image %s lists %s as %s, but the config of that image names %s. Nodes go by the index, so "+
			"%s nodes would start it, whatever it contains.",
			img.Reference, m.Digest, m.Platform, config, m.Platform),
		Fix: fmt.Sprintf("Build %s again from a base image that is an index; a base pinned to the digest of one platform "+
			"makes such images.", m.Platform),
	}
}

// ChildDigest finds a reference that pins the manifest of one platform although there is an index. It is an error when
// other platforms were asked for, else a warning.
func ChildDigest(img *image.Image, want []v1.Platform) (finding.Finding, bool) {
	if img.Parent == (v1.Hash{}) {
		return finding.Finding{}, false
	}
	f := finding.Finding{Code: finding.ChildDigest, Severity: finding.Warning, Image: img.Reference.String()}
	only := "one platform"
	if offers := img.Platforms(); len(offers) > 0 {
		only, f.Architecture = offers[0].String(), offers[0].Architecture
	}
	others := func(p v1.Platform) bool {
		return !slices.ContainsFunc(img.Platforms(), func(have v1.Platform) bool { return platform.Matches(p, have) })
	}
	if slices.ContainsFunc(want, others) {
		f.Severity = finding.Error
	}
	f.Message = fmt.Sprintf("Image %s pins the manifest of %s alone, so every node would start that one. It belongs to "+
		"the index %s of tag %s.",
		img.Reference, only, img.Parent, img.ParentTag)
	f.Fix = fmt.Sprintf("Use the digest of the index: %s@%s", strings.TrimSuffix(img.Reference.String(),
		"@"+img.Digest.String()), img.Parent)
	return f, true
}

// binaryMismatches finds the programs that nodes of the manifest's platform could not load.
func binaryMismatches(img *image.Image, m image.Manifest, want []v1.Platform) (findings []finding.Finding) {
	if m.Inspection == nil || m.Platform.Architecture == "" {
		return nil
	}
	for _, p := range m.Inspection.Programs {
		if p.Architecture != m.Platform.Architecture {
			findings = append(findings, binaryMismatch(img, m, p, want))
		}
	}
	return findings
}

func binaryMismatch(img *image.Image, m image.Manifest, p image.Program, want []v1.Platform) finding.Finding {
	f := finding.Finding{
		Code: finding.BinaryMismatch, Severity: severity(m.Platform, want),
		Image: img.Reference.String(), Architecture: m.Platform.Architecture,
		Message: fmt.Sprintf("Image %s %s, but %s, which %s starts, is %s (%s). %s",
			img.Reference, claim(img, m), p.Path, starter(p), p.Format, where(p), outcome(m.Platform, p)),
		Fix: fmt.Sprintf("Build %s again with %s for that CPU. Look for a file copied from a build for another one, "+
			"a build stage without cross-compilation under FROM --platform=$BUILDPLATFORM, and a base pinned to the digest "+
			"of one platform.",
			m.Platform, p.Path),
	}
	if loads(m.Platform, p.Architecture) {
		f.Severity = finding.Warning
	}
	return f
}

// claim says what the manifest is taken for.
func claim(img *image.Image, m image.Manifest) string {
	if img.Index {
		return fmt.Sprintf("lists %s as %s", m.Digest, m.Platform)
	}
	return fmt.Sprintf("names %s in its config", m.Platform)
}

// starter is the words for who starts a program: "it", or "its liveness probe".
func starter(p image.Program) string {
	if p.Starter == "" {
		return "it"
	}
	return strings.TrimSpace(p.Starter)
}

func where(p image.Program) string {
	return fmt.Sprintf("layer %d of %d, %s", p.Layer, p.Layers, p.Digest)
}

// loads knows the one CPU whose kernels commonly run the binaries of another. Of arm64 CPUs some run 32-bit arm and
// others, among the clouds' newer ones, do not.
func loads(p v1.Platform, architecture string) bool {
	return p.Architecture == architecture || (p.Architecture == "amd64" && architecture == "386")
}

func outcome(p v1.Platform, program image.Program) string {
	if loads(p, program.Architecture) {
		return fmt.Sprintf("Most %s nodes run it all the same, if their kernels still do 32 bits.", p)
	}
	return fmt.Sprintf("On %s nodes it ends in exec format error.", p)
}

// Foreign finds a program that nodes of the manifest's platform could not load.
func Foreign(m image.Manifest) (image.Program, bool) {
	if m.Inspection == nil || m.Platform.Architecture == "" {
		return image.Program{}, false
	}
	for _, p := range m.Inspection.Programs {
		if !loads(m.Platform, p.Architecture) {
			return p, true
		}
	}
	return image.Program{}, false
}
