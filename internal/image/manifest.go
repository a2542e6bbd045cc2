package image

import (
	"bytes"
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

const (
	// maxConfig is the most that is read of a config, in bytes; real ones have a few thousand.
	maxConfig = 4 << 20
	// maxLayers is how many layers an image may have; nodes themselves stop at 127 (overlayfs in containerd, Docker).
	maxLayers = 512
)

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
		m.Platform = normalise(*claim)
	}
	return m, nil
}

func check(d *remote.Descriptor, manifest *v1.Manifest) error {
	if !manifest.Config.MediaType.IsConfig() {
		return &artifactError{mediaType: manifest.Config.MediaType}
	}
	if manifest.Config.Size > maxConfig {
		return fmt.Errorf("config of manifest %s has %d bytes; at most %d are read", d.Digest, manifest.Config.Size, maxConfig)
	}
	if n := len(manifest.Layers); n > maxLayers {
		return fmt.Errorf("manifest %s has %d layers; at most %d are read", d.Digest, n, maxLayers)
	}
	return nil
}

// config reads each config once, however many platforms and references share it.
func (w walker) config(ctx context.Context, d v1.Descriptor) (*v1.ConfigFile, error) {
	content, err := w.client.registry.Content(ctx, w.repository, d)
	if err != nil {
		return nil, err
	}
	return v1.ParseConfigFile(bytes.NewReader(content))
}

func platformOf(file *v1.ConfigFile) v1.Platform {
	return normalise(v1.Platform{
		OS: file.OS, Architecture: file.Architecture, Variant: file.Variant,
		OSVersion: file.OSVersion, OSFeatures: file.OSFeatures,
	})
}
