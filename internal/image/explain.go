package image

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// explain turns what went wrong with a reference into an error that says what happened, at which registry, and what to
// do: an *Error where the registry says that there is no such image, or shows none.
func (c *Client) explain(ctx context.Context, ref name.Reference, err error) error {
	if known := (*Error)(nil); errors.As(err, &known) {
		return known
	}
	problem := c.registry.Explain(ctx, ref.Context().RegistryStr(), err)
	switch problem.Kind {
	case registry.Interrupted:
		return fmt.Errorf("resolving image %q: %w", ref, ctx.Err())
	case registry.NotFound:
		return notFound(ref, problem, err)
	case registry.Refused:
		return unauthorized(ref, problem, err)
	case registry.PlainHTTP, registry.NoCredentials, registry.Failed, registry.Unreachable:
		return fail(err, "image %q: %s", ref, problem)
	case registry.TooLarge:
		return fail(err, "image %q in %s", ref, problem)
	default:
		return fail(err, "image %q in registry %q: %s", ref, problem.Registry, problem.Words)
	}
}

// fail keeps the cause for errors.As and errors.Is alone.
func fail(err error, format string, args ...any) error {
	return &failure{message: fmt.Sprintf(format, args...), err: err}
}

func notFound(ref name.Reference, problem *registry.Error, err error) error {
	e := &Error{
		Code: finding.ImageNotFound, Reference: ref, Err: err,
		Message: fmt.Sprintf("image %q is not in registry %q: %s", ref, problem.Registry, problem.Words),
		Fix:     "Check the repository and the tag, and that the build pushed it",
	}
	if part := missingPart(err); part != "" {
		e.Message = fmt.Sprintf("image %q is incomplete: it lists %s, which registry %q does not have: %s",
			ref, part, problem.Registry, problem.Words)
		e.Fix = "Push the whole image again, every platform of it"
	}
	return e
}

// missingPart names what of an image could not be had; "" if it is the image itself.
func missingPart(err error) string {
	var (
		entry *entryError
		layer *layerError
		blob  *registry.BlobError
	)
	switch {
	case errors.As(err, &layer):
		return layer.name()
	case errors.As(err, &blob):
		return "blob " + blob.Digest.String()
	case errors.As(err, &entry):
		return entry.name()
	}
	return ""
}

func unauthorized(ref name.Reference, problem *registry.Error, err error) error {
	return &Error{
		Code: finding.ImageUnauthorized, Reference: ref, Err: err,
		Message: fmt.Sprintf("registry %q refuses to show image %q: %s", problem.Registry, ref, problem.Words),
		Fix: "Sign in with an identity that may pull it, and check the repository: " +
			"some registries answer so where there is none",
	}
}

// empty is about an index that lists attestations and the like, or nothing.
func empty(ref name.Reference, digest v1.Hash) error {
	return &Error{
		Code: finding.PlatformMissing, Reference: ref, Err: errors.New("no image in the index"),
		Message: fmt.Sprintf("index %s of image %q lists no image for any platform", digest, ref),
		Fix:     "Build and push it again, for each platform",
	}
}
