package assemble

import (
	"context"
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"golang.org/x/sync/errgroup"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// plan is one image on its way to an index.
type plan struct {
	build.Spec
	registry *registry.Client
	base     *base // nil is scratch
}

// prepare makes an image's index, ready to be pushed. Findings say where the user's files are to blame, on every
// platform, and then there is no index. An error means that the base's registry failed.
func (b *Builder) prepare(ctx context.Context, spec build.Spec) (v1.ImageIndex, []finding.Finding, error) {
	p := &plan{Spec: spec, registry: b.Registry}
	if ref := spec.Assembly.Base; ref != nil {
		pulled, err := pullBase(ctx, b.Registry, ref)
		if err != nil {
			problem := p.explain(ctx, err)
			if problem.Kind == registry.NotFound {
				return nil, []finding.Finding{p.noBase()}, nil
			}
			return nil, nil, fmt.Errorf("image %s: reading base image %q: %w", spec.Name, ref, problem)
		}
		p.base = &pulled
	}
	parts := make([]part, len(spec.Platforms))
	err := each(len(parts), func(i int) (err error) {
		parts[i], err = p.part(ctx, spec.Platforms[i])
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("image %s: %w", spec.Name, err)
	}
	return p.index(parts)
}

// explain is about the registry of the base.
func (p *plan) explain(ctx context.Context, err error) *registry.Error {
	return p.registry.Explain(ctx, p.Assembly.Base.Context().RegistryStr(), err)
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

// parallel is how many images, and of each how many platforms, are worked on side by side.
const parallel = 4

// each calls do for the numbers below n, side by side, and joins the errors in their order.
func each(n int, do func(i int) error) error {
	errs := make([]error, n)
	var group errgroup.Group
	group.SetLimit(parallel)
	for i := range n {
		group.Go(func() error {
			errs[i] = do(i)
			return nil
		})
	}
	_ = group.Wait() // every error is in its own place
	return errors.Join(errs...)
}
