package image

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// Error is the registry's own word that there is no such image, none to be seen with these credentials, or none in it.
type Error struct {
	// Code is finding.ImageNotFound, finding.ImageUnauthorized or finding.PlatformMissing.
	Code      finding.Code
	Reference name.Reference
	// Message says what the registry answered, Fix what to do about it.
	Message, Fix string
	// Err is the answer itself. Its text is no part of Error's: it can contain a URL with a signature in its query.
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

// artifactError is about a manifest that is no container image's. Its kind is the manifest's artifactType, or where it
// has none its config's type:
// https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidelines-for-artifact-usage
type artifactError struct{ kind string }

func (e *artifactError) Error() string {
	return fmt.Sprintf("not a container image but an artifact of type %q, such as a chart or a signature; name an image",
		e.kind)
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

// LayerError is about a layer that could not be had.
type LayerError struct {
	Manifest Manifest
	Err      error
}

func (e *LayerError) Error() string { return e.name() + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *LayerError) Unwrap() error { return e.Err }

// name says which layer it is: "layer 2 of 3 of linux/arm64 (sha256:…)".
func (e *LayerError) name() string {
	var layer *rootfs.LayerError
	if !errors.As(e.Err, &layer) {
		return "a layer of " + e.Manifest.Platform.String()
	}
	return fmt.Sprintf("layer %d of %d of %s (%s)", layer.Layer+1, layer.Layers, e.Manifest.Platform,
		e.Manifest.Layers[layer.Layer].Digest)
}

// Explain turns what went wrong with a reference into an error that says what happened, at which registry, and what to
// do: an *Error where the registry says that there is no such image, or shows none.
func (c *Client) Explain(ctx context.Context, ref name.Reference, err error) error {
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
		return fail(problem, "image %q: %s", ref, problem)
	case registry.TooLarge:
		return fail(problem, "image %q in %s", ref, problem)
	default:
		return fail(problem, "image %q in registry %q: %s", ref, problem.Registry, problem.Words)
	}
}

// Outage is a registry that could not be reached, or came to no end.
type Outage struct {
	Registry string
	// Reason is why: "nothing received for 10s".
	Reason string
	// Skipped: it was not asked for this image, since it did not answer for others.
	Skipped bool
}

// OutageOf reports whether an error of Resolve or Inspect is that a registry can't be reached. All images of one have
// the same cause, which needs to be said once.
func OutageOf(err error) (Outage, bool) {
	var problem *registry.Error
	if errors.As(err, &problem) && problem.Kind == registry.Unreachable {
		return Outage{problem.Registry, problem.Words, problem.Skipped}, true
	}
	return Outage{}, false
}

// FailureOf reports whether an error of Resolve or Survey is that a registry answered, and yet did not say what it has:
// it limits requests, is broken, or could not be signed in to. That is no image's fault.
func FailureOf(err error) (host, words string, ok bool) {
	var problem *registry.Error
	if !errors.As(err, &problem) {
		return "", "", false
	}
	switch problem.Kind {
	case registry.Failed, registry.NoCredentials, registry.PlainHTTP:
		return problem.Registry, problem.Words, true
	}
	return "", "", false
}

// RefusalOf reports whether the registry itself says that an image is not there or not for this run.
func RefusalOf(err error) (*Error, bool) {
	var refused *Error
	return refused, errors.As(err, &refused)
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
		layer *LayerError
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
