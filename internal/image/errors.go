package image

import (
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// Error is the registry's own word that there is no such image, none to be seen with these credentials, or none in it.
type Error struct {
	// Code is finding.ImageNotFound, finding.ImageUnauthorized or finding.PlatformMissing.
	Code      finding.Code
	Reference name.Reference
	// Message says what the registry answered, Fix what to do about it.
	Message, Fix string
	// Err is the answer itself. Its text is no part of Error's: it can hold a URL with a signature in its query.
	Err error
}

func (e *Error) Error() string { return e.Message + ". " + e.Fix }

func (e *Error) Unwrap() error { return e.Err }

// Finding is the error as the report shows it.
func (e *Error) Finding() finding.Finding {
	return finding.Finding{
		Code: e.Code, Severity: finding.Error, Image: e.Reference.String(), Message: e.Message, Fix: e.Fix,
	}
}

// failure is any other reason why nothing is known about a reference. Like Error, it keeps the cause out of its text.
type failure struct {
	message string
	err     error
}

func (f *failure) Error() string { return f.message }

func (f *failure) Unwrap() error { return f.err }

// artifactError is about a manifest whose config is not that of a container image.
type artifactError struct{ mediaType types.MediaType }

func (e *artifactError) Error() string {
	return fmt.Sprintf("not a container image but an artifact of type %q, such as a chart or a signature; name an image", e.mediaType)
}

// entryError is about a manifest that an index lists and that could not be had.
type entryError struct {
	entry v1.Descriptor
	err   error
}

func (e *entryError) Error() string { return e.name() + ": " + e.err.Error() }

func (e *entryError) Unwrap() error { return e.err }

// name says which entry it is: "linux/arm64 (sha256:…)".
func (e *entryError) name() string {
	if e.entry.Platform == nil {
		return e.entry.Digest.String()
	}
	return fmt.Sprintf("%s (%s)", e.entry.Platform, e.entry.Digest)
}

// layerError is about a layer that could not be had.
type layerError struct {
	manifest Manifest
	err      error
}

func (e *layerError) Error() string { return e.name() + ": " + e.err.Error() }

func (e *layerError) Unwrap() error { return e.err }

// name says which layer it is: "layer 2 of 3 of linux/arm64 (sha256:…)".
func (e *layerError) name() string {
	var layer *rootfs.LayerError
	if !errors.As(e.err, &layer) {
		return "a layer of " + e.manifest.Platform.String()
	}
	return fmt.Sprintf("layer %d of %d of %s (%s)", layer.Layer+1, layer.Layers, e.manifest.Platform, e.manifest.Layers[layer.Layer].Digest)
}
