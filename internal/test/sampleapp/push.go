package sampleapp

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build/assemble"
)

// PushIndex pushes the images of several platforms, or of one, as an index.
func PushIndex(ctx context.Context, ref name.Reference, images []v1.Image, options ...remote.Option) error {
	index, err := assemble.Index(images...)
	if err != nil {
		return err
	}
	if err := remote.Push(ref, index, append(options, remote.WithContext(ctx))...); err != nil {
		return fmt.Errorf("pushing %q: %w", ref, err)
	}
	return nil
}

// PushSingle pushes one image with no index around it, as builds for one platform used to.
// A node of any CPU pulls such an image, and starts it.
func PushSingle(ctx context.Context, ref name.Reference, image v1.Image, options ...remote.Option) error {
	if err := remote.Push(ref, image, append(options, remote.WithContext(ctx))...); err != nil {
		return fmt.Errorf("pushing %q: %w", ref, err)
	}
	return nil
}
