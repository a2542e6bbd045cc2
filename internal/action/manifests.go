package action

import (
	"context"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/files"
)

// rewrite sets the images in the kustomization, in memory. The file is written once nothing speaks against the deploy.
func (d *deploy) rewrite(context.Context) error {
	r, err := d.rewritten()
	if err != nil {
		return err
	}
	d.Path, d.Edited, d.Entries, d.edits = r.path, r.content, r.entries, r.edits
	for _, edit := range d.edits {
		d.say("%s:%d: %s -> %s", edit.File, edit.Line, edit.Name, edit.After)
	}
	return nil
}

// imageEntries are the images as a kustomization names them, with the index's digest where it is to be pinned.
func (d *deploy) imageEntries(ctx context.Context) ([]types.Image, error) {
	if d.config.PinDigest {
		if err := d.enterRegistries(ctx, d.config.Images); err != nil {
			return nil, err
		}
		d.images.Resolve(ctx, references(d.config.Images))
	}
	var entries []types.Image
	for _, in := range d.config.Images {
		entry := types.Image{Name: in.Name, NewName: in.Repository(), NewTag: in.Reference.Identifier()}
		if d.config.PinDigest {
			result := d.images.Result(in.Reference)
			if result.Err != nil {
				return nil, d.unresolved(result.Err)
			}
			entry.Digest = result.Image.Digest.String()
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// unresolved is the error for an image whose digest can't be pinned. What the registry itself says of it is
// a finding, and may be one already.
func (d *deploy) unresolved(err error) error {
	f, known := d.asFinding(err)
	if !known {
		return err
	}
	if status.OfFindings(d.findings) == nil {
		d.find(f)
	}
	return status.OfFindings(d.findings)
}

// render renders the edited kustomization and finds the image names that no manifest uses.
func (d *deploy) render(context.Context) error {
	result, err := d.rendered()
	if err != nil {
		return err
	}
	d.Objects = result.Objects
	d.say("%s", finding.Counted(len(d.Objects), "object"))
	d.find(result.Findings...)
	d.find(d.Located(d.WrongAnnotations())...)
	return nil
}

// write puts the edited bytes into the kustomization file.
func (d *deploy) write(context.Context) error {
	return files.Write(d.Path, d.Edited)
}
