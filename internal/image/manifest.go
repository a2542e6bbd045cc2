package image

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
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

// maxLayers is how many layers an image may have; nodes themselves stop at 127 (overlayfs in containerd, Docker).
const maxLayers = 512

// readManifest reads the config too, which says what the builder thought it was building for.
func (w walker) readManifest(ctx context.Context, d *remote.Descriptor, claim *v1.Platform) (Manifest, error) {
	manifest, err := v1.ParseManifest(bytes.NewReader(d.Manifest))
	if err != nil {
		return Manifest{}, fmt.Errorf("reading manifest %s: %w", d.Digest, err)
	}
	if err := check(d, manifest); err != nil {
		return Manifest{}, err
	}
	file, err := w.config(ctx, manifest.Config)
	if err != nil {
		return Manifest{}, fmt.Errorf("reading the config of manifest %s: %w", d.Digest, err)
	}
	config := platformOf(file)
	m := Manifest{
		Platform: config, Config: config, Digest: d.Digest, Size: d.Size, MediaType: d.MediaType,
		Annotations: manifest.Annotations, File: file, Layers: manifest.Layers, Bytes: d.Size + manifest.Config.Size,
	}
	for _, layer := range manifest.Layers {
		m.Bytes += layer.Size
	}
	if claim != nil {
		m.Platform = platform.Normalise(*claim)
	}
	return m, nil
}

func check(d *remote.Descriptor, manifest *v1.Manifest) error {
	if !manifest.Config.MediaType.IsConfig() {
		return &artifactError{kind: cmp.Or(artifactType(d), string(manifest.Config.MediaType))}
	}
	if manifest.Config.Size > registry.MaxConfig {
		return fmt.Errorf("config of manifest %s has %d bytes; at most %d are read", d.Digest, manifest.Config.Size,
			registry.MaxConfig)
	}
	if n := len(manifest.Layers); n > maxLayers {
		return fmt.Errorf("manifest %s has %d layers; at most %d are read", d.Digest, n, maxLayers)
	}
	return nil
}

// artifactType is a field that v1.Manifest lacks.
func artifactType(d *remote.Descriptor) string {
	var manifest struct{ ArtifactType string }
	if json.Unmarshal(d.Manifest, &manifest) != nil {
		return ""
	}
	return manifest.ArtifactType
}

// config reads each config once, however many platforms and references share it; a survey keeps none.
func (w walker) config(ctx context.Context, d v1.Descriptor) (*v1.ConfigFile, error) {
	read := w.client.registry.Content
	if w.survey {
		read = w.client.registry.GetContent
	}
	content, err := read(ctx, w.repository, d)
	if err != nil {
		return nil, err
	}
	return v1.ParseConfigFile(bytes.NewReader(content))
}

func platformOf(file *v1.ConfigFile) v1.Platform {
	return platform.Normalise(v1.Platform{
		OS: file.OS, Architecture: file.Architecture, Variant: file.Variant,
		OSVersion: file.OSVersion, OSFeatures: file.OSFeatures,
	})
}
