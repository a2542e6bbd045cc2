package image

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// explain turns what the registry client returned into an error that says what happened, at which
// registry, and what to do. No text of a URL gets into it, since a redirect's query can hold a token.
func explain(ctx context.Context, ref name.Reference, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("resolving image %q: %w", ref, ctx.Err())
	}
	var answer *transport.Error
	switch {
	case errors.As(err, &answer) && isNotFound(answer):
		return notFound(ref, answer, err)
	case errors.As(err, &answer) && isRefusal(answer):
		return unauthorized(ref, answer, err)
	case answer != nil:
		return fail(err, "image %q: registry %q answered %s to %s; try again later, and check that it is a container registry",
			ref, ref.Context().RegistryStr(), words(answer), answer.Request.URL.Path)
	}
	if reason, ok := networkReason(err); ok {
		return fail(err, "image %q: registry %q cannot be reached: %s; check its name and port, that it runs, and that this machine may connect to it",
			ref, ref.Context().RegistryStr(), reason)
	}
	return fail(err, "image %q in registry %q: %s", ref, ref.Context().RegistryStr(), firstLine(err.Error()))
}

// fail keeps the cause for errors.As and errors.Is alone.
func fail(err error, format string, args ...any) error {
	return &failure{message: fmt.Sprintf(format, args...), err: err}
}

func notFound(ref name.Reference, answer *transport.Error, err error) error {
	e := &Error{
		Code: finding.ImageNotFound, Reference: ref, Err: err,
		Message: fmt.Sprintf("image %q is not in registry %q: %s", ref, ref.Context().RegistryStr(), words(answer)),
		Fix:     "Check the repository and the tag, and that the build pushed it",
	}
	var missing *entryError
	if errors.As(err, &missing) {
		e.Message = fmt.Sprintf("image %q is incomplete: its index lists %s, which registry %q does not have: %s",
			ref, missing.name(), ref.Context().RegistryStr(), words(answer))
		e.Fix = "Push the whole index again, every platform of it"
	}
	return e
}

func unauthorized(ref name.Reference, answer *transport.Error, err error) error {
	return &Error{
		Code: finding.ImageUnauthorized, Reference: ref, Err: err,
		Message: fmt.Sprintf("registry %q refuses to show image %q: %s", ref.Context().RegistryStr(), ref, words(answer)),
		Fix:     "Sign in with an identity that may pull it, and check the repository: some registries answer so where there is none",
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

// networkReason finds what went wrong below HTTP, without the URL that net/http puts before it.
// On loopback ggcr tries HTTPS and then HTTP and returns both errors as one.
func networkReason(err error) (string, bool) {
	var (
		silent  *silentError
		slow    *slowError
		network *net.OpError
		request *url.Error
	)
	switch {
	case errors.As(err, &silent):
		return silent.Error(), true
	case errors.As(err, &slow):
		return slow.Error(), true
	case errors.As(err, &network):
		return network.Error(), true
	case errors.As(err, &request):
		return firstLine(request.Err.Error()), true
	}
	return "", false
}

// firstLine cuts what others wrote to what fits in a message.
func firstLine(s string) string {
	const most = 300
	s, _, _ = strings.Cut(s, "\n")
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
