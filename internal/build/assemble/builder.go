package assemble

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// Builder assembles images and pushes them.
type Builder struct {
	// Registry reads bases and takes what is pushed.
	Registry *registry.Client
}

// Build assembles and pushes images, side by side, and returns the digests of their indexes, in their order. Nothing is
// pushed before all of them are known to be whole: the error is a *build.Fault when a base or an artifact lacks a
// platform, or an artifact is for another CPU. Of each image the index goes up last, under its tag, so a tag never
// leads to half an image.
func (b *Builder) Build(ctx context.Context, specs []build.Spec) ([]v1.Hash, error) {
	indexes, err := b.prepareAll(ctx, specs)
	if err != nil {
		return nil, err
	}
	digests := make([]v1.Hash, len(specs))
	return digests, each(len(specs), func(i int) (err error) {
		if digests[i], err = indexes[i].Digest(); err != nil {
			return err
		}
		var target name.Reference = specs[i].Reference
		if specs[i].ByDigest {
			target = specs[i].Reference.Context().Digest(digests[i].String())
		}
		return b.push(ctx, target, indexes[i])
	})
}

func (b *Builder) prepareAll(ctx context.Context, specs []build.Spec) ([]v1.ImageIndex, error) {
	indexes := make([]v1.ImageIndex, len(specs))
	faults := make([][]finding.Finding, len(specs))
	err := each(len(specs), func(i int) (err error) {
		indexes[i], faults[i], err = b.prepare(ctx, specs[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	if all := slices.Concat(faults...); len(all) > 0 {
		return nil, &build.Fault{Findings: all}
	}
	return indexes, nil
}

// push pushes an index: layers and configs, then each platform's manifest, and last the index under its tag.
func (b *Builder) push(ctx context.Context, ref name.Reference, index v1.ImageIndex) error {
	err := b.Registry.Push(ctx, ref, index)
	if err == nil {
		return nil
	}
	problem := b.Registry.Explain(ctx, ref.Context().RegistryStr(), err)
	if problem.Kind == registry.Refused {
		return &build.RefusedError{Reference: ref, Err: errors.New(problem.Words)}
	}
	return fmt.Errorf("pushing image %q: %w; its tag is as it was, and the next run sends only what the registry lacks",
		ref, problem)
}
