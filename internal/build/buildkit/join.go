package buildkit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// join pushes one index that offers what the indexes of all parts offer, attestations included. It is the only one
// under the tag, and it goes up when all that it names is there.
func (b *Builder) join(ctx context.Context, spec build.Spec, parts []v1.Hash) (v1.Hash, error) {
	explain := func(err error) error { return b.Registry.Explain(ctx, spec.Reference.Context().RegistryStr(), err) }
	index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Annotations: spec.Annotations.Index}
	for _, digest := range parts {
		ref := spec.Reference.Context().Digest(digest.String())
		part, err := b.Registry.Get(ctx, ref)
		if err != nil {
			return v1.Hash{}, fmt.Errorf("joining the platforms of %s: reading %s back: %w", spec.Name, ref, explain(err))
		}
		manifest, err := v1.ParseIndexManifest(bytes.NewReader(part.Manifest))
		if err != nil {
			return v1.Hash{}, fmt.Errorf("joining the platforms of %s: reading %s: %w", spec.Name, ref, err)
		}
		index.Manifests = append(index.Manifests, manifest.Manifests...)
	}
	joined, err := json.Marshal(index)
	if err != nil {
		return v1.Hash{}, fmt.Errorf("joining the platforms of %s: %w", spec.Name, err)
	}
	if err := b.Registry.Put(ctx, spec.Reference, rawIndex(joined)); err != nil {
		return v1.Hash{}, fmt.Errorf("joining the platforms of %s: pushing %s: %w", spec.Name, spec.Reference, explain(err))
	}
	digest, _, err := v1.SHA256(bytes.NewReader(joined))
	return digest, err
}

// rawIndex is an index as the registry gets it.
type rawIndex []byte

// RawManifest implements remote.Taggable.
func (r rawIndex) RawManifest() ([]byte, error) { return r, nil }

// MediaType says what RawManifest contains.
func (r rawIndex) MediaType() (types.MediaType, error) { return types.OCIImageIndex, nil }
