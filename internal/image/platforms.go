package image

import (
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

func missing(img *Image, p v1.Platform, want []v1.Platform) finding.Finding {
	return finding.Finding{
		Code: finding.PlatformMissing, Severity: finding.Error,
		Image: img.Reference.String(), Architecture: p.Architecture,
		Message: fmt.Sprintf("Image %s lacks %s: %s, so %s.", img.Reference, p, img.describe(), img.consequence(p)),
		Fix: fmt.Sprintf("Build the image for %s too (docker buildx build --platform %s), or leave %s out of its platforms and keep its pods on other nodes.",
			p, join(want, ","), p),
	}
}

// describe says what is there.
func (i *Image) describe() string {
	switch list := i.Platforms(); {
	case len(list) == 0:
		return "its config names no architecture"
	case i.Index:
		return "its index offers " + join(list, ", ")
	default:
		return fmt.Sprintf("it is a single manifest for %s, not an index", join(list, ", "))
	}
}

// consequence says what nodes of the missing platform would do with the image. They look for
// their platform in an index only; a single manifest they start, whatever it holds.
func (i *Image) consequence(p v1.Platform) string {
	offers := i.Platforms()
	switch {
	case len(offers) == 0:
		return "nodes of any CPU would start it, whatever it holds"
	case !i.Index:
		return fmt.Sprintf("%s nodes would start it all the same and fail with exec format error", p)
	case slices.ContainsFunc(offers, func(have v1.Platform) bool { return runs(p, have) }):
		return fmt.Sprintf("%s nodes would take the nearest of these instead", p)
	default:
		return fmt.Sprintf("%s nodes cannot pull it", p)
	}
}

func mismatch(img *Image, m Manifest, want []v1.Platform) finding.Finding {
	config := m.Config.String()
	if m.Config.Architecture == "" {
		config = "no architecture"
	}
	return finding.Finding{
		Code: finding.PlatformMismatch, Severity: severity(m.Platform, want),
		Image: img.Reference.String(), Architecture: m.Platform.Architecture,
		Message: fmt.Sprintf("Image %s lists %s as %s, but the config of that image names %s. Nodes go by the index, so %s nodes would start it, whatever it holds.",
			img.Reference, m.Digest, m.Platform, config, m.Platform),
		Fix: fmt.Sprintf("Build %s again from a base image that is an index; a base pinned to the digest of one platform makes such images.", m.Platform),
	}
}
