package image

import (
	"bytes"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// maxConfig is the most that is read of a config, in bytes; real ones have a few thousand.
const maxConfig = 4 << 20

// readManifest reads the config too, which says what the builder thought it was building for.
func readManifest(d *remote.Descriptor, claim *v1.Platform) (Manifest, error) {
	manifest, err := v1.ParseManifest(bytes.NewReader(d.Manifest))
	if err != nil {
		return Manifest{}, fmt.Errorf("reading manifest %s: %w", d.Digest, err)
	}
	if !manifest.Config.MediaType.IsConfig() {
		return Manifest{}, &artifactError{mediaType: manifest.Config.MediaType}
	}
	if manifest.Config.Size > maxConfig {
		return Manifest{}, fmt.Errorf("config of manifest %s has %d bytes; at most %d are read", d.Digest, manifest.Config.Size, maxConfig)
	}
	config, err := readConfig(d)
	if err != nil {
		return Manifest{}, fmt.Errorf("reading the config of manifest %s: %w", d.Digest, err)
	}
	m := Manifest{Platform: config, Config: config, Digest: d.Digest, Size: d.Size, MediaType: d.MediaType}
	if claim != nil {
		m.Platform = normalise(*claim)
	}
	return m, nil
}

func readConfig(d *remote.Descriptor) (v1.Platform, error) {
	img, err := d.Image()
	if err != nil {
		return v1.Platform{}, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return v1.Platform{}, err
	}
	return normalise(v1.Platform{
		OS: config.OS, Architecture: config.Architecture, Variant: config.Variant,
		OSVersion: config.OSVersion, OSFeatures: config.OSFeatures,
	}), nil
}
