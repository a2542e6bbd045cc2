package image

import (
	"bytes"
	"encoding/json"

	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Base is the image that another one was built on, as its builder tells. Fields that it does not tell are empty.
// https://github.com/opencontainers/image-spec/blob/main/annotations.md
type Base struct {
	Name, Digest string
}

// baseOf believes the annotations of the index first, then those of a platform's manifest, then its config's labels.
func baseOf(top *remote.Descriptor, manifests []Manifest) Base {
	sources := []map[string]string{annotations(top)}
	for _, m := range manifests {
		sources = append(sources, m.Annotations, m.File.Config.Labels)
	}
	for _, from := range sources {
		base := Base{Name: from["org.opencontainers.image.base.name"], Digest: from["org.opencontainers.image.base.digest"]}
		if base != (Base{}) {
			return base
		}
	}
	return Base{}
}

// annotations are those of an index or a manifest alike.
func annotations(d *remote.Descriptor) map[string]string {
	var manifest struct{ Annotations map[string]string }
	if json.NewDecoder(bytes.NewReader(d.Manifest)).Decode(&manifest) != nil {
		return nil
	}
	return manifest.Annotations
}
