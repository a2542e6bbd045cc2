package image

import (
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// binaryMismatches finds the programs that nodes of the manifest's platform could not load.
func binaryMismatches(img *Image, m Manifest, want []v1.Platform) (findings []finding.Finding) {
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

func binaryMismatch(img *Image, m Manifest, p Program, want []v1.Platform) finding.Finding {
	f := finding.Finding{
		Code: finding.BinaryMismatch, Severity: severity(m.Platform, want),
		Image: img.Reference.String(), Architecture: m.Platform.Architecture,
		Message: fmt.Sprintf("Image %s %s, but %s, which %s starts, is %s (%s). %s",
			img.Reference, m.claim(img), p.Path, p.starter(), p.Format, p.where(), outcome(m.Platform, p)),
		Fix: fmt.Sprintf("Build %s again with %s for that CPU. Look for a file copied from a build for another one, "+
			"a build stage without cross-compilation under FROM --platform=$BUILDPLATFORM, and a base pinned to the digest of one platform.",
			m.Platform, p.Path),
	}
	if loads(m.Platform, p.Architecture) {
		f.Severity = finding.Warning
	}
	return f
}

// claim says what the manifest is taken for.
func (m Manifest) claim(img *Image) string {
	if img.Index {
		return fmt.Sprintf("lists %s as %s", m.Digest, m.Platform)
	}
	return fmt.Sprintf("names %s in its config", m.Platform)
}

func (p Program) where() string {
	return fmt.Sprintf("layer %d of %d, %s", p.Layer, p.Layers, p.Digest)
}

// loads knows the one CPU whose kernels commonly run the binaries of another. Of arm64 CPUs some run 32-bit arm and
// others, among the clouds' newer ones, do not.
func loads(p v1.Platform, architecture string) bool {
	return p.Architecture == architecture || (p.Architecture == "amd64" && architecture == "386")
}

func outcome(p v1.Platform, program Program) string {
	if loads(p, program.Architecture) {
		return fmt.Sprintf("Most %s nodes run it all the same, if their kernels still do 32 bits.", p)
	}
	return fmt.Sprintf("On %s nodes it ends in exec format error.", p)
}
