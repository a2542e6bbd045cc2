package join

import (
	"context"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// remove removes the tags that the parts were pushed under. That they stay is no error: the image is there.
func (b *Builder) remove(ctx context.Context, image joined) {
	for _, p := range image.parts {
		tag, ok := p.source.(name.Tag)
		if !ok || tag.Name() == image.spec.Reference.Name() {
			continue
		}
		if err := b.Registry.Delete(ctx, tag); err != nil && !b.isGone(ctx, tag) {
			b.say("%s stays: %v; remove it in the registry's own settings, or with a rule for old "+
				"tags", tag, b.Registry.Explain(ctx, tag.RegistryStr(), err))
			continue
		}
		b.keep(ctx, image, p)
	}
}

// isGone reports whether a tag that could not be removed is not there at all: another image of this run had the same
// part, and it went with that one.
func (b *Builder) isGone(ctx context.Context, tag name.Tag) bool {
	_, err := b.Registry.Get(ctx, tag)
	return err != nil && b.Registry.Explain(ctx, tag.RegistryStr(), err).Kind == registry.NotFound
}

// keep pushes the manifest of a part again where the registry took it along with its tag.
func (b *Builder) keep(ctx context.Context, image joined, p part) {
	ref := image.spec.Reference.Context().Digest(p.manifest.Digest.String())
	if _, err := b.Registry.Get(ctx, ref); err == nil {
		return
	}
	if err := b.Registry.Put(ctx, ref, remote.Taggable(p.raw)); err != nil {
		b.say("%s was lost with the tag %s: %v; run the job that builds %s again, and then this one", ref, p.source,
			b.Registry.Explain(ctx, ref.RegistryStr(), err), p.platform)
	}
}
