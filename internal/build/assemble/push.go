package assemble

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

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
