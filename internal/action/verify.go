package action

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/lookup"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/verify"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/images"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// verifiedImage is an image of the inputs and what verifying it came to.
type verifiedImage struct {
	input    images.Image
	image    *image.Image // nil where the registry has none
	findings []finding.Finding
}

// verify looks the images up in their registries and compares what they contain with what was asked for.
func (d *deploy) verify(ctx context.Context) error {
	if err := d.enterRegistries(ctx, d.config.Images); err != nil {
		return err
	}
	refs := references(d.config.Images)
	d.images.Resolve(ctx, refs)
	d.images.Inspect(ctx, refs)
	var problems []error
	for _, in := range d.config.Images {
		verified, err := d.verifyImage(in)
		problems = append(problems, err)
		d.verified = append(d.verified, verified)
		d.find(verified.findings...)
	}
	if table := d.report().ImageTable(); table != nil {
		d.say("%s", report.Table(table))
	}
	d.sayRecalled()
	return errors.Join(lookup.JoinOutages(problems)...)
}

// sayRecalled says of which images this run has read no layers.
func (d *deploy) sayRecalled() {
	recalled, all := 0, 0
	for _, v := range d.verified {
		if v.image == nil {
			continue
		}
		for _, m := range v.image.Manifests {
			all++
			if m.Inspection != nil && m.Inspection.Recalled {
				recalled++
			}
		}
	}
	if recalled > 0 {
		d.say("%d of %s verified by an earlier run, as %s says", recalled, finding.Counted(all, "platform"),
			d.config.VerifyCache)
	}
}

func (d *deploy) verifyImage(in images.Image) (verifiedImage, error) {
	verified, result := verifiedImage{input: in}, d.images.Result(in.Reference)
	if result.Err != nil {
		f, known := d.asFinding(result.Err)
		if !known {
			return verified, &lookup.Error{Reference: in.Reference.String(), Err: result.Err}
		}
		verified.findings = append(verified.findings, f)
		return verified, nil
	}
	verified.image = result.Image
	if built, ours := d.built[in.Reference.Name()]; ours && built != result.Image.Digest {
		return verified, status.Fault{Err: fmt.Errorf("image %q: this run pushed %s, and the tag leads to %s now: "+
			"another push moved it; let one workflow at a time push a tag", in.Reference, built, result.Image.Digest)}
	}
	verified.findings = verify.Image(result.Image, in.Platforms)
	return verified, nil
}

// asFinding returns the finding that an error is about, if it is about one. Where the sign-in knows which role is
// missing, the finding says so.
func (d *deploy) asFinding(err error) (finding.Finding, bool) {
	refused, ok := image.RefusalOf(err)
	if !ok {
		return finding.Finding{}, false
	}
	f := refused.Finding()
	if f.Code == finding.ImageUnauthorized {
		f.Fix = cmp.Or(d.grant(refused.Reference.Context().Name(), false), f.Fix)
	}
	return f, true
}

// entry is the image in the report.
func (v verifiedImage) entry() report.Image {
	entry := report.Image{
		Name: v.input.Name, Reference: v.input.Reference.String(),
		Platforms: []string{}, Manifests: []report.Manifest{}, Attestations: []string{}, Findings: []finding.Finding{},
	}
	entry.Findings = append(entry.Findings, v.findings...)
	if v.image == nil {
		return entry
	}
	entry.Digest = v.image.Digest.String()
	for _, platform := range v.image.Platforms() {
		entry.Platforms = append(entry.Platforms, platform.String())
	}
	for _, m := range v.image.Manifests {
		entry.Manifests = append(entry.Manifests, report.Manifest{
			Platform: m.Platform.String(), Digest: m.Digest.String(), Size: m.Bytes, Created: created(m),
		})
	}
	entry.Base = report.Base(v.image.Base)
	entry.Attestations = append(entry.Attestations, v.image.Attestations...)
	return entry
}

// created is the config's time in RFC 3339, or "": reproducible builds write none, or the epoch.
func created(m image.Manifest) string {
	if m.File.Created.IsZero() {
		return ""
	}
	return m.File.Created.UTC().Format(time.RFC3339)
}

func references(images []images.Image) []name.Reference {
	var refs []name.Reference
	for _, in := range images {
		refs = append(refs, in.Reference)
	}
	return refs
}
