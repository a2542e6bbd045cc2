package verify

import (
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// unchecked reports what the inspection could not see, once for all platforms for which it is the same. Layers that do
// not contain what they should are a warning, since they may be made to hide something.
func unchecked(img *image.Image, manifests []image.Manifest) (findings []finding.Finding) {
	reasons, platforms := []string{}, map[string][]v1.Platform{}
	broken := map[string]bool{}
	note := func(reason string, p v1.Platform, fault bool) {
		if platforms[reason] == nil {
			reasons = append(reasons, reason)
		}
		platforms[reason] = append(platforms[reason], p)
		broken[reason] = fault
	}
	for _, m := range manifests {
		if m.Inspection == nil {
			continue
		}
		if len(m.Inspection.Unchecked) > 0 {
			note(strings.Join(m.Inspection.Unchecked, "; "), m.Platform, false)
		}
		if m.Inspection.Broken != nil {
			note(cut(m.Inspection.Broken.Error()), m.Platform, true)
		}
	}
	for _, reason := range reasons {
		findings = append(findings, uncheckedFinding(img, reason, platforms[reason], broken[reason]))
	}
	return findings
}

func uncheckedFinding(img *image.Image, reason string, platforms []v1.Platform, broken bool) finding.Finding {
	f := finding.Finding{
		Code: finding.BinaryUnchecked, Severity: finding.Info, Image: img.Reference.String(),
		Architecture: platforms[0].Architecture,
		Message: fmt.Sprintf("Image %s for %s was not checked in full. Not checked: %s.", img.Reference,
			platform.Join(platforms, ", "), reason),
	}
	if broken {
		f.Severity = finding.Warning
		f.Message = fmt.Sprintf("Image %s for %s could not be checked: %s.", img.Reference,
			platform.Join(platforms, ", "), reason)
		f.Fix = "Build and push the image again. Nodes may fail to unpack it too."
	}
	return f
}

// cut shortens what others wrote to what fits in a message.
func cut(s string) string {
	const most = 300
	s, _, _ = strings.Cut(s, "\n")
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
