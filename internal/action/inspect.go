package action

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// inspect looks up the references that the manifests hold. What can't be read is told, since it can't be planned for.
func (d *deploy) inspect(ctx context.Context, references []string) {
	refs := map[string]name.Reference{}
	var order []name.Reference
	for _, text := range references {
		ref, err := image.ParseReference(text)
		if err != nil {
			d.find(d.usedBy(text, d.uninspected(text, err)))
			continue
		}
		refs[text] = ref
		order = append(order, ref)
	}
	d.resolve(ctx, order)
	for _, text := range references {
		if ref, ok := refs[text]; ok && !d.isInput(ref) {
			result := d.resolved[ref.Name()]
			if result.Err != nil {
				d.find(d.usedBy(text, d.uninspected(text, result.Err)))
			} else if f, pinned := image.ChildDigest(result.Image, nil); pinned {
				d.find(d.usedBy(text, f))
			}
		}
	}
}

// isInput tells whether the image is one of the inputs, whose problems verify has told already.
func (d *deploy) isInput(ref name.Reference) bool {
	for _, in := range d.config.Images {
		if in.Reference.Name() == ref.Name() {
			return true
		}
	}
	return false
}

// uninspected is a warning: the nodes may reach, or be let into, registries that this program can't. Only where the
// registry itself says that there is no such image, or none in it, no node will find it, and the policy decides.
func (d *deploy) uninspected(reference string, err error) finding.Finding {
	f, known := d.asFinding(err)
	if !known {
		f = finding.Finding{Code: finding.ImagePull, Message: fmt.Sprintf("Image %s could not be inspected: %v.", reference, err)}
	}
	f.Image = reference
	f.Severity = finding.Warning
	if none := f.Code == finding.ImageNotFound || f.Code == finding.PlatformMissing; none && d.config.ArchPolicy != placement.Warn {
		f.Severity = finding.Error
	}
	if f.Severity == finding.Warning {
		f.Message += " Its placement is not checked."
	}
	return f
}

// usedBy adds the first container that uses an image to a finding about it, and where it is written.
func (m manifests) usedBy(reference string, f finding.Finding) finding.Finding {
	for _, o := range m.objects {
		template, _, makesPods := placement.PodTemplate(o.Unstructured)
		if !makesPods {
			continue
		}
		for _, c := range slices.Concat(template.Spec.InitContainers, template.Spec.Containers) {
			if c.Image == reference {
				f.Object, f.Container = object.ID(o.GroupVersionKind(), o), c.Name
				return m.locate(f)
			}
		}
	}
	return f
}

// offers says what the registries hold under each reference of the manifests that could be read.
func (d *deploy) offers() map[string]platform.Offer {
	offers := map[string]platform.Offer{}
	for _, text := range placement.References(d.unstructured()) {
		ref, err := image.ParseReference(text)
		if err != nil {
			continue
		}
		if img := d.resolved[ref.Name()].Image; img != nil {
			offers[text] = platform.Offer{Index: img.Index, Platforms: img.Platforms()}
		}
	}
	return offers
}
