// Package assemble makes images from files that are ready to run, with no builder and no daemon.
// The same files give the same digest, on every machine and every day.
package assemble

import (
	"errors"
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// epoch is the time on everything assembled: a clock would change the digest from run to run.
var epoch = v1.Time{Time: time.Unix(0, 0).UTC()}

// Spec is what an image is made of.
type Spec struct {
	// Platform is written into the config, and into the index entry. OS and Architecture are required.
	Platform v1.Platform
	// Files make up the image's one layer, in any order. There is nothing below it.
	Files []File
	// Config says how to start it: Entrypoint, Cmd, Env, User, WorkingDir, ExposedPorts, Labels.
	Config v1.Config
}

// Image assembles an OCI image. It reads local files when the image is read, so they must stand until it is pushed.
func Image(spec Spec) (v1.Image, error) {
	if spec.Platform.OS == "" || spec.Platform.Architecture == "" {
		return nil, errors.New("assembling an image: its platform needs an operating system and an architecture, such as linux/arm64")
	}
	layer, err := layerOf(spec.Files)
	if err != nil {
		return nil, fmt.Errorf("assembling the image for %s: %w", spec.Platform, err)
	}
	bare := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.Append(bare, mutate.Addendum{
		Layer:   layer,
		History: v1.History{Created: epoch, CreatedBy: "multiarch-deploy", Comment: "ready files"},
	})
	if err != nil {
		return nil, fmt.Errorf("assembling the image for %s: %w", spec.Platform, err)
	}
	return configure(image, spec)
}

func configure(image v1.Image, spec Spec) (v1.Image, error) {
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Variant = spec.Platform.OS, spec.Platform.Architecture, spec.Platform.Variant
	file.OSVersion, file.OSFeatures = spec.Platform.OSVersion, spec.Platform.OSFeatures
	file.Created = epoch
	file.Config = spec.Config
	return mutate.ConfigFile(image, file)
}
