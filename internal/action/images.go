package action

import (
	"context"
	"errors"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// verify looks the images up in their registries and compares their platforms with those asked for.
func (d *deploy) verify(ctx context.Context) error {
	d.resolve(ctx, references(d.config.Images))
	var problems []error
	for _, in := range d.config.Images {
		problems = append(problems, d.verifyImage(in))
	}
	if table := d.report.ImageTable(); table != nil {
		d.say("%s", report.Table(table))
	}
	return errors.Join(problems...)
}

func (d *deploy) verifyImage(in inputs.Image) error {
	result := d.resolved[in.Reference.String()]
	entry := report.Image{Name: in.Name, Reference: in.Reference.String(), Platforms: []string{}, Findings: []finding.Finding{}}
	defer func() { d.report.Images = append(d.report.Images, entry) }()

	if result.Err != nil {
		f, known := d.asFinding(result.Err)
		if !known {
			return result.Err
		}
		entry.Findings = append(entry.Findings, f)
		d.find(f)
		return nil
	}
	entry.Digest = result.Image.Digest.String()
	for _, platform := range result.Image.Platforms() {
		entry.Platforms = append(entry.Platforms, platform.String())
	}
	entry.Findings = append(entry.Findings, image.Verify(result.Image, in.Platforms)...)
	d.find(entry.Findings...)
	return nil
}

func references(images []inputs.Image) []name.Reference {
	var refs []name.Reference
	for _, in := range images {
		refs = append(refs, in.Reference)
	}
	return refs
}
