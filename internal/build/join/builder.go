// Package join makes one index of the images that jobs on native runners pushed, each for its own platform: it finds
// them, checks that they belong together, and pushes the index under its tag last. No layer passes through this
// machine, where the registry can mount it from another of its repositories.
package join

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// Builder joins images.
type Builder struct {
	Registry *registry.Client
	// Check looks at an index that is pushed by digest, before any tag leads to it: the error is a *build.Fault where it
	// is not what it should be. nil checks no more than this package does.
	Check func(ctx context.Context, index name.Digest, platforms []v1.Platform) error
	// RemoveParts removes the tags of the parts once the index has its own.
	RemoveParts bool
	Progress    progress.Sink
}

// Build joins each image from its Parts and returns the digests of the indexes, in the order of specs. No tag changes
// before all images are known to be whole. The error is a *build.Fault where a part is missing, or does not fit the
// others, and any other error means that a registry has failed.
func (b *Builder) Build(ctx context.Context, specs []build.Spec) ([]v1.Hash, error) {
	images, err := b.find(ctx, specs)
	if err != nil {
		return nil, err
	}
	digests := make([]v1.Hash, len(images))
	for i, image := range images {
		if digests[i], err = b.prepare(ctx, image); err != nil {
			return nil, err
		}
	}
	for _, image := range images {
		if err := b.Registry.Put(ctx, image.spec.Reference, image.index); err != nil {
			return nil, b.refused(ctx, image.spec.Reference, "pushing", err)
		}
	}
	if b.RemoveParts {
		for _, image := range images {
			b.remove(ctx, image)
		}
	}
	return digests, nil
}

// joined is an image to be: its parts, and the index made of them.
type joined struct {
	spec  build.Spec
	parts []part
	index rawIndex
}

// find reads the parts of all images, and reports all that is wrong with them together.
func (b *Builder) find(ctx context.Context, specs []build.Spec) ([]joined, error) {
	var images []joined
	var faults []finding.Finding
	for _, spec := range specs {
		image := joined{spec: spec}
		for _, wanted := range spec.Parts {
			found, fault, err := b.part(ctx, spec, wanted)
			if err != nil {
				return nil, err
			}
			if fault != nil {
				faults = append(faults, *fault)
				continue
			}
			image.parts = append(image.parts, *found)
		}
		if len(image.parts) == len(spec.Parts) {
			faults = append(faults, belongTogether(image)...)
		}
		var err error
		if image.index, err = index(image); err != nil {
			return nil, fmt.Errorf("joining %s: %w", spec.Name, err)
		}
		images = append(images, image)
	}
	if len(faults) > 0 {
		return nil, &build.Fault{Findings: faults}
	}
	return images, nil
}

// prepare brings the parts into the image's repository, pushes the index by digest, and has it checked there.
func (b *Builder) prepare(ctx context.Context, image joined) (v1.Hash, error) {
	for _, p := range image.parts {
		if err := b.bring(ctx, image.spec, p); err != nil {
			return v1.Hash{}, err
		}
		b.say("%s: %s from %s", image.spec.Reference, p.platform, p.source)
	}
	digest, err := image.index.digest()
	if err != nil {
		return v1.Hash{}, fmt.Errorf("joining %s: %w", image.spec.Name, err)
	}
	ref := image.spec.Reference.Context().Digest(digest.String())
	if err := b.Registry.Put(ctx, ref, image.index); err != nil {
		return v1.Hash{}, b.refused(ctx, ref, "pushing", err)
	}
	if b.Check == nil {
		return digest, nil
	}
	return digest, b.Check(ctx, ref, image.spec.Platforms)
}

// bring pushes the manifests of a part to the image's repository, where it is not there already. Layers are mounted.
func (b *Builder) bring(ctx context.Context, spec build.Spec, p part) error {
	target := spec.Reference.Context()
	if p.source.Context().Name() == target.Name() {
		return nil
	}
	for _, d := range slices.Concat([]v1.Descriptor{p.manifest}, p.attestations) {
		from := p.source.Context().Digest(d.Digest.String())
		found, err := b.Registry.Get(ctx, from)
		if err != nil {
			return b.refused(ctx, from, "reading", err)
		}
		image, err := found.Image()
		if err != nil {
			return fmt.Errorf("joining %s: reading %s: %w", spec.Name, from,
				b.Registry.Explain(ctx, from.Context().RegistryStr(), err))
		}
		to := target.Digest(d.Digest.String())
		if err := b.Registry.Push(ctx, to, image); err != nil {
			return b.refused(ctx, to, "pushing", err)
		}
	}
	return nil
}

// refused makes an error of a registry's one that says what was being done.
func (b *Builder) refused(ctx context.Context, ref name.Reference, doing string, err error) error {
	problem := b.Registry.Explain(ctx, ref.Context().RegistryStr(), err)
	if problem.Kind == registry.Refused && doing == "pushing" {
		return &build.RefusedError{Reference: ref, Err: fmt.Errorf("%s", problem.Words)}
	}
	return fmt.Errorf("joining the platforms of an image: %s %s: %w; no tag was changed by this", doing, ref, problem)
}

func (b *Builder) say(format string, args ...any) {
	b.Progress(progress.Message{Text: fmt.Sprintf(format, args...)})
}
