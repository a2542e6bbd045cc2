package buildkit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// join pushes one index that offers what the indexes of all parts offer, attestations included. It is the only one
// under the tag, and it goes up when all that it names is there.
func (b *Builder) join(ctx context.Context, spec build.Spec, parts []v1.Hash) (v1.Hash, error) {
	tag, err := b.reachable(spec.Reference)
	if err != nil {
		return v1.Hash{}, err
	}
	options := b.options(ctx)
	index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Annotations: spec.Annotations.Index}
	for _, digest := range parts {
		ref := tag.Context().Digest(digest.String())
		part, err := remote.Index(ref, options...)
		if err != nil {
			return v1.Hash{}, fmt.Errorf("joining the platforms of %s: reading %s back: %w", spec.Name, ref, err)
		}
		manifest, err := part.IndexManifest()
		if err != nil {
			return v1.Hash{}, fmt.Errorf("joining the platforms of %s: reading %s: %w", spec.Name, ref, err)
		}
		index.Manifests = append(index.Manifests, manifest.Manifests...)
	}
	joined, err := json.Marshal(index)
	if err != nil {
		return v1.Hash{}, fmt.Errorf("joining the platforms of %s: %w", spec.Name, err)
	}
	if err := remote.Put(tag, rawIndex(joined), options...); err != nil {
		return v1.Hash{}, fmt.Errorf("joining the platforms of %s: pushing %s: %w", spec.Name, spec.Reference, err)
	}
	digest, _, err := v1.SHA256(bytes.NewReader(joined))
	return digest, err
}

func (b *Builder) options(ctx context.Context) []remote.Option {
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(b.Keychain)}
	if b.Transport != nil {
		options = append(options, remote.WithTransport(b.Transport))
	}
	return options
}

// reachable is a tag that is spoken to over plain HTTP where that may be.
func (b *Builder) reachable(tag name.Tag) (name.Tag, error) {
	if !slices.Contains(b.PlainHTTP, tag.Context().RegistryStr()) {
		return tag, nil
	}
	return name.NewTag(tag.Name(), name.Insecure)
}

// rawIndex is an index as the registry gets it.
type rawIndex []byte

// RawManifest implements remote.Taggable.
func (r rawIndex) RawManifest() ([]byte, error) { return r, nil }

// MediaType says what RawManifest holds.
func (r rawIndex) MediaType() (types.MediaType, error) { return types.OCIImageIndex, nil }
