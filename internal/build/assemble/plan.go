package assemble

import (
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// plan is one image on its way to an index.
type plan struct {
	build.Spec
	base *base // nil is scratch
}

// prepare makes an image's index, ready to be pushed. Findings say where the user's files are to blame, on every
// platform, and then there is no index. An error means that the base's registry failed.
func prepare(ctx context.Context, puller *remote.Puller, spec build.Spec) (v1.ImageIndex, []finding.Finding, error) {
	p := &plan{Spec: spec}
	if ref := spec.Assembly.Base; ref != nil {
		pulled, err := pullBase(ctx, puller, ref)
		if isNotFound(err) {
			return nil, []finding.Finding{p.noBase()}, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("image %s: reading base image %q: %w", spec.Name, ref, err)
		}
		p.base = &pulled
	}
	parts := make([]part, len(spec.Platforms))
	err := each(len(parts), func(i int) (err error) {
		parts[i], err = p.part(spec.Platforms[i])
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("image %s: %w", spec.Name, err)
	}
	return p.index(parts)
}

// index joins the parts when all of them are sound.
func (p *plan) index(parts []part) (v1.ImageIndex, []finding.Finding, error) {
	var images []v1.Image
	var faults []finding.Finding
	for _, part := range parts {
		images = append(images, part.image)
		faults = append(faults, part.faults...)
	}
	if len(faults) > 0 {
		return nil, faults, nil
	}
	index, err := Index(images...)
	if err != nil {
		return nil, nil, err
	}
	annotations := p.Annotations.Index
	if p.base != nil {
		annotations = union(annotations, p.base.annotations(p.base.digest))
	}
	if len(annotations) == 0 {
		return index, nil, nil
	}
	return mutate.Annotations(index, annotations).(v1.ImageIndex), nil, nil
}
