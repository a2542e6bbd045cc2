package image

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

func notFound(ref name.Reference, answer *transport.Error, err error) error {
	e := &Error{
		Code: finding.ImageNotFound, Reference: ref, Err: err,
		Message: fmt.Sprintf("image %q is not in registry %q: %s", ref, ref.Context().RegistryStr(), words(answer)),
		Fix:     "Check the repository and the tag, and that the build pushed it",
	}
	if part := missingPart(err); part != "" {
		e.Message = fmt.Sprintf("image %q is incomplete: it lists %s, which registry %q does not have: %s",
			ref, part, ref.Context().RegistryStr(), words(answer))
		e.Fix = "Push the whole image again, every platform of it"
	}
	return e
}

// missingPart names what of an image could not be had; "" if it is the image itself.
func missingPart(err error) string {
	var (
		entry *entryError
		layer *layerError
		blob  *blobError
	)
	switch {
	case errors.As(err, &layer):
		return layer.name()
	case errors.As(err, &blob):
		return "blob " + blob.digest.String()
	case errors.As(err, &entry):
		return entry.name()
	}
	return ""
}

func unauthorized(ref name.Reference, answer *transport.Error, err error) error {
	return &Error{
		Code: finding.ImageUnauthorized, Reference: ref, Err: err,
		Message: fmt.Sprintf("registry %q refuses to show image %q: %s", ref.Context().RegistryStr(), ref, words(answer)),
		Fix:     "Sign in with an identity that may pull it, and check the repository: some registries answer so where there is none",
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

// isNotFound leaves out a 404 to /v2/ itself: what gives that is no registry.
func isNotFound(answer *transport.Error) bool {
	if has(answer, transport.ManifestUnknownErrorCode, transport.NameUnknownErrorCode) {
		return true
	}
	path := answer.Request.URL.Path
	return answer.StatusCode == http.StatusNotFound && (strings.Contains(path, "/manifests/") || strings.Contains(path, "/blobs/"))
}

func isRefusal(answer *transport.Error) bool {
	return answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden ||
		has(answer, transport.UnauthorizedErrorCode, transport.DeniedErrorCode)
}

func has(answer *transport.Error, codes ...transport.ErrorCode) bool {
	return slices.ContainsFunc(answer.Errors, func(d transport.Diagnostic) bool { return slices.Contains(codes, d.Code) })
}

// words gives the status and the registry's first explanation, without the details, which can be long.
func words(answer *transport.Error) string {
	status := fmt.Sprintf("%d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
	if len(answer.Errors) == 0 {
		return status
	}
	first := answer.Errors[0]
	return fmt.Sprintf("%s (%s)", status, firstLine(fmt.Sprintf("%s: %s", first.Code, first.Message)))
}
