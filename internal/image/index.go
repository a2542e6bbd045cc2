package image

import (
	"bytes"
	"encoding/json"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// kind is what a manifest turns out to be.
type kind int

const (
	kindOther kind = iota
	kindImage
	kindIndex
	kindSchema1
)

// kindOf believes the registry's Content-Type where it is one of ours, and else the manifest's own
// mediaType, since plain file servers that act as registries send the wrong header.
func kindOf(d *remote.Descriptor) kind {
	if k := kindOfType(d.MediaType); k != kindOther {
		return k
	}
	var manifest struct{ MediaType types.MediaType }
	if json.Unmarshal(d.Manifest, &manifest) != nil {
		return kindOther
	}
	return kindOfType(manifest.MediaType)
}

func kindOfType(t types.MediaType) kind {
	switch {
	case t.IsImage():
		return kindImage
	case t.IsIndex():
		return kindIndex
	case t.IsSchema1():
		return kindSchema1
	}
	return kindOther
}

// parseIndex returns the entries that can be images, and those that are something else.
func parseIndex(d *remote.Descriptor) (entries, artifacts []v1.Descriptor, err error) {
	manifest, err := v1.ParseIndexManifest(bytes.NewReader(d.Manifest))
	if err != nil {
		return nil, nil, fmt.Errorf("reading index %s: %w", d.Digest, err)
	}
	if n := len(manifest.Manifests); n > maxEntries {
		return nil, nil, fmt.Errorf("index %s lists %d manifests; at most %d are read", d.Digest, n, maxEntries)
	}
	for _, entry := range manifest.Manifests {
		if isArtifact(entry) {
			artifacts = append(artifacts, entry)
		} else {
			entries = append(entries, entry)
		}
	}
	return entries, artifacts, nil
}

// isArtifact recognises what buildx and signers put beside the images. No node ever matches it:
// https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md
func isArtifact(entry v1.Descriptor) bool {
	if kindOfType(entry.MediaType) == kindOther || entry.Annotations["vnd.docker.reference.type"] != "" {
		return true
	}
	p := entry.Platform
	return p != nil && (p.OS == "unknown" || p.Architecture == "unknown")
}
