package join

import (
	"bytes"
	"encoding/json"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// rawIndex is an index as the registry gets it.
type rawIndex []byte

// index lists the images in the order of the platforms, and behind them their attestations, as BuildKit does: the same
// parts make the same index.
func index(image joined) (rawIndex, error) {
	manifest := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex,
		Annotations: image.spec.Annotations.Index}
	var attestations []v1.Descriptor
	for _, p := range image.parts {
		manifest.Manifests = append(manifest.Manifests, p.manifest)
		attestations = append(attestations, p.attestations...)
	}
	manifest.Manifests = append(manifest.Manifests, attestations...)
	return json.Marshal(manifest)
}

func (r rawIndex) digest() (v1.Hash, error) {
	digest, _, err := v1.SHA256(bytes.NewReader(r))
	return digest, err
}

// RawManifest implements remote.Taggable.
func (r rawIndex) RawManifest() ([]byte, error) { return r, nil }

// MediaType says what RawManifest is.
func (r rawIndex) MediaType() (types.MediaType, error) { return types.OCIImageIndex, nil }
