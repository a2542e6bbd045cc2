package verify

import (
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// identicalLayers finds platforms that got the files of another one.
func identicalLayers(img *image.Image, want []v1.Platform) (findings []finding.Finding) {
	for _, t := range img.Twins {
		var wrong []v1.Platform
		worst := finding.Warning
		for _, p := range t.Platforms {
			if !loads(p, t.Program.Architecture) {
				wrong = append(wrong, p)
				if severity(p, want) == finding.Error {
					worst = finding.Error
				}
			}
		}
		if len(wrong) > 0 {
			findings = append(findings, twinFinding(img, t, wrong, worst))
		}
	}
	return findings
}

func twinFinding(img *image.Image, t image.Twins, wrong []v1.Platform, severity finding.Severity) finding.Finding {
	return finding.Finding{
		Code: finding.IdenticalLayers, Severity: severity, Image: img.Reference.String(), Architecture: wrong[0].Architecture,
		Message: fmt.Sprintf("Image %s has the very same layers for %s, and they contain %s, %s (%s). %s got the files of "+
			"another platform.",
			img.Reference, platform.Join(t.Platforms, " and "), t.Program.Path, t.Program.Format, where(t.Program),
			platform.Join(wrong, " and ")),
		Fix: fmt.Sprintf("Build %s again from a base image that is an index; a base pinned to the digest of one platform "+
			"makes such images.",
			platform.Join(wrong, ",")),
	}
}
