package image

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// explain turns what the registry client returned into an error that says what happened, at which
// registry, and what to do. No text of a URL gets into it, since a redirect's query can hold a token.
func explain(ctx context.Context, ref name.Reference, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("resolving image %q: %w", ref, ctx.Err())
	}
	var (
		answer  *transport.Error
		refused *credentialError
		known   *Error
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &refused):
		return fail(err, "image %q: signing in to registry %q: %v", ref, ref.Context().RegistryStr(), refused)
	case errors.As(err, &answer) && isNotFound(answer):
		return notFound(ref, answer, err)
	case errors.As(err, &answer) && isRefusal(answer):
		return unauthorized(ref, answer, err)
	case answer != nil:
		return fail(err, "image %q: registry %q answered %s to %s; try again later, and check that it is a container registry",
			ref, ref.Context().RegistryStr(), words(answer), answer.Request.URL.Path)
	}
	var plain *plainHTTPError
	if errors.As(err, &plain) {
		return fail(err, "image %q: %s", ref, plain)
	}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return fail(err, "image %q in registry %q: the manifest is larger than %d bytes, which no image needs",
			ref, ref.Context().RegistryStr(), large.Limit)
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
