package action

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// verify looks the images up in their registries and compares what they hold with what was asked for.
func (d *deploy) verify(ctx context.Context) error {
	if err := d.enterRegistries(ctx); err != nil {
		return err
	}
	d.resolve(ctx, references(d.config.Images))
	d.inspectLayers(ctx)
	var problems []error
	for _, in := range d.config.Images {
		problems = append(problems, d.verifyImage(in))
	}
	if table := d.report.ImageTable(); table != nil {
		d.say("%s", report.Table(table))
	}
	return errors.Join(problems...)
}

// inspectLayers reads what the images would start. What a registry says against it takes the place of the image's result.
func (d *deploy) inspectLayers(ctx context.Context) {
	var images []*image.Image
	for _, in := range d.config.Images {
		if img := d.resolved[in.Reference.Name()].Image; img != nil {
			images = append(images, img)
		}
	}
	for i, err := range d.resolver.Inspect(ctx, images...) {
		if err != nil {
			d.resolved[images[i].Reference.Name()] = image.Result{Err: err}
		}
	}
}

func (d *deploy) verifyImage(in inputs.Image) error {
	result := d.resolved[in.Reference.Name()]
	entry := report.Image{
		Name: in.Name, Reference: in.Reference.String(),
		Platforms: []string{}, Manifests: []report.Manifest{}, Attestations: []string{}, Findings: []finding.Finding{},
	}
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
	describe(&entry, result.Image)
	if built, ours := d.built[in.Reference.Name()]; ours && built != result.Image.Digest {
		return faultError{fmt.Errorf("image %q: this run pushed %s, and the tag leads to %s now: another push moved it; let one workflow at a time push a tag",
			entry.Reference, built, entry.Digest)}
	}
	entry.Findings = append(entry.Findings, image.Verify(result.Image, in.Platforms)...)
	d.find(entry.Findings...)
	return nil
}

// describe puts what the registry has of an image into its entry of the report.
func describe(entry *report.Image, img *image.Image) {
	entry.Digest = img.Digest.String()
	for _, platform := range img.Platforms() {
		entry.Platforms = append(entry.Platforms, platform.String())
	}
	for _, m := range img.Manifests {
		entry.Manifests = append(entry.Manifests, report.Manifest{
			Platform: m.Platform.String(), Digest: m.Digest.String(), Size: m.Bytes, Created: created(m),
		})
	}
	entry.Base = report.Base(img.Base)
	entry.Attestations = append(entry.Attestations, img.Attestations...)
}

// created is the config's time in RFC 3339, or "": reproducible builds write none, or the epoch.
func created(m image.Manifest) string {
	if m.File.Created.IsZero() {
		return ""
	}
	return m.File.Created.UTC().Format(time.RFC3339)
}

func references(images []inputs.Image) []name.Reference {
	var refs []name.Reference
	for _, in := range images {
		refs = append(refs, in.Reference)
	}
	return refs
}
