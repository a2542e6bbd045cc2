package image

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// ChildDigest finds a reference that pins the manifest of one platform although there is an index. It is an error when
// other platforms were asked for, else a warning.
func ChildDigest(img *Image, want []v1.Platform) (finding.Finding, bool) {
	if img.Parent == (v1.Hash{}) {
		return finding.Finding{}, false
	}
	f := finding.Finding{Code: finding.ChildDigest, Severity: finding.Warning, Image: img.Reference.String()}
	only := "one platform"
	if offers := img.Platforms(); len(offers) > 0 {
		only, f.Architecture = offers[0].String(), offers[0].Architecture
	}
	others := func(p v1.Platform) bool {
		return !slices.ContainsFunc(img.Platforms(), func(have v1.Platform) bool { return matches(p, have) })
	}
	if slices.ContainsFunc(want, others) {
		f.Severity = finding.Error
	}
	f.Message = fmt.Sprintf("Image %s pins the manifest of %s alone, so every node would start that one. It belongs to the index %s of tag %s.",
		img.Reference, only, img.Parent, img.ParentTag)
	f.Fix = fmt.Sprintf("Use the digest of the index: %s@%s", strings.TrimSuffix(img.Reference.String(), "@"+img.Digest.String()), img.Parent)
	return f, true
}
