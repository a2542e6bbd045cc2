package image

import (
	"context"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// twinManifests returns one manifest for each set of platforms that share every layer and differ in their CPU.
func twinManifests(img *Image) (list []Manifest) {
	for i, m := range img.Manifests {
		twin := func(other Manifest) bool { return sameLayers(m, other) }
		if slices.IndexFunc(img.Manifests, twin) == i && len(twinsOf(img, m)) > 1 {
			list = append(list, m)
		}
	}
	return list
}

// twinsOf lists the platforms that have a manifest's layers, one for each CPU.
func twinsOf(img *Image, m Manifest) (list []v1.Platform) {
	for _, other := range img.Manifests {
		p := other.Platform
		known := func(have v1.Platform) bool { return have.Architecture == p.Architecture }
		if p.Architecture != "" && sameLayers(m, other) && !slices.ContainsFunc(list, known) {
			list = append(list, p)
		}
	}
	return list
}

// sameLayers compares packed layers, and what they unpack to, since pushes may pack again.
func sameLayers(a, b Manifest) bool {
	if len(a.Layers) == 0 || len(a.Layers) != len(b.Layers) {
		return false
	}
	packed := slices.EqualFunc(a.Layers, b.Layers, func(x, y v1.Descriptor) bool { return x.Digest == y.Digest })
	unpacked := len(a.File.RootFS.DiffIDs) == len(a.Layers) && slices.Equal(a.File.RootFS.DiffIDs, b.File.RootFS.DiffIDs)
	return packed || unpacked
}

// findTwins looks for a binary in the layers that several platforms share. Where there is none, the image does not
// depend on the CPU: a static site, or data.
func (c *Client) findTwins(ctx context.Context, img *Image) error {
	var problem error
	if img.Twins != nil {
		return nil // they are known from before
	}
	for _, m := range twinManifests(img) {
		fsys, done := c.layers.borrow(img, &m)
		file, found, err := fsys.Native(ctx)
		done()
		if fault, missing := broken(ctx, &m, err); fault != nil || missing != nil {
			problem = missing
			continue
		}
		if found {
			img.Twins = append(img.Twins, Twins{Platforms: twinsOf(img, m), Program: programOf(file, m.Layers)})
		}
	}
	return problem
}

// identicalLayers finds platforms that got the files of another one.
func identicalLayers(img *Image, want []v1.Platform) (findings []finding.Finding) {
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

func twinFinding(img *Image, t Twins, wrong []v1.Platform, severity finding.Severity) finding.Finding {
	return finding.Finding{
		Code: finding.IdenticalLayers, Severity: severity, Image: img.Reference.String(), Architecture: wrong[0].Architecture,
		Message: fmt.Sprintf("Image %s has the very same layers for %s, and they contain %s, %s (%s). %s got the files of "+
			"another platform.",
			img.Reference, join(t.Platforms, " and "), t.Program.Path, t.Program.Format, t.Program.where(), join(wrong,
				" and ")),
		Fix: fmt.Sprintf("Build %s again from a base image that is an index; a base pinned to the digest of one platform "+
			"makes such images.",
			join(wrong, ",")),
	}
}
