package registry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	ggcr "github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

// Explain turns an error of the client, or of a stream that it opened, into one that can be shown. ctx is the caller's;
// registry is the host and port that were asked.
func (c *Client) Explain(ctx context.Context, registry string, err error) *Error {
	if known := (*Error)(nil); errors.As(err, &known) {
		return known
	}
	e := classify(ctx, registry, err)
	e.Registry, e.Err = registry, err
	e.Words, e.path = c.secrets.Hide(e.Words), c.secrets.Hide(e.path)
	return e
}

// Hide replaces the secrets that the client has sent in a text.
func (c *Client) Hide(text string) string { return c.secrets.Hide(text) }

func classify(ctx context.Context, registry string, err error) *Error {
	var (
		answer  *ggcr.Error
		refused *CredentialError
		plain   *plainHTTPError
		large   *http.MaxBytesError
	)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &Error{Kind: Interrupted, Words: ctx.Err().Error()}
	case errors.As(err, &refused):
		return &Error{Kind: NoCredentials, Words: refused.Error()}
	case errors.As(err, &answer) && isNotFound(answer):
		return &Error{Kind: NotFound, Words: words(answer)}
	case errors.As(err, &answer) && isRefusal(answer):
		return &Error{Kind: Refused, Words: words(answer)}
	case answer != nil:
		return &Error{Kind: Failed, Words: words(answer), path: answer.Request.URL.Path}
	case errors.As(err, &plain):
		return &Error{Kind: PlainHTTP, Words: plain.Error()}
	case errors.As(err, &large):
		return &Error{Kind: TooLarge, Words: fmt.Sprintf("%d bytes", large.Limit)}
	}
	if reason, ok := networkReason(registry, err); ok {
		skipped := (*downError)(nil)
		return &Error{Kind: Unreachable, Words: reason, Skipped: errors.As(err, &skipped)}
	}
	return &Error{Kind: Other, Words: firstLine(err.Error())}
}

// isNotFound leaves out a 404 to /v2/ itself: what gives that is no registry.
func isNotFound(answer *ggcr.Error) bool {
	if has(answer, ggcr.ManifestUnknownErrorCode, ggcr.NameUnknownErrorCode) {
		return true
	}
	path := answer.Request.URL.Path
	part := strings.Contains(path, "/manifests/") || strings.Contains(path, "/blobs/")
	return answer.StatusCode == http.StatusNotFound && part
}

func isRefusal(answer *ggcr.Error) bool {
	return answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden ||
		has(answer, ggcr.UnauthorizedErrorCode, ggcr.DeniedErrorCode)
}

func has(answer *ggcr.Error, codes ...ggcr.ErrorCode) bool {
	return slices.ContainsFunc(answer.Errors, func(d ggcr.Diagnostic) bool { return slices.Contains(codes, d.Code) })
}

// words gives the status and the registry's first explanation, without the details, which can be long.
func words(answer *ggcr.Error) string {
	status := fmt.Sprintf("%d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
	if len(answer.Errors) == 0 {
		return status
	}
	first := answer.Errors[0]
	return fmt.Sprintf("%s (%s)", status, firstLine(fmt.Sprintf("%s: %s", first.Code, first.Message)))
}

// networkReason finds what went wrong below HTTP, without the URL that net/http puts before it. On loopback HTTPS and
// then HTTP is tried, and both errors come as one.
func networkReason(registry string, err error) (string, bool) {
	var (
		late    *transport.TimeoutError
		slow    *SlowError
		network *net.OpError
		request *url.Error
	)
	switch {
	case errors.As(err, &late) && late.Host == registry:
		return late.Reason(), true
	case errors.As(err, &late):
		return late.Error(), true
	case errors.As(err, &slow):
		return slow.Error(), true
	case errors.As(err, &network):
		return network.Error(), true
	case errors.As(err, &request):
		return firstLine(request.Err.Error()), true
	}
	return "", false
}

// isTimeout reports whether a limit ended a request.
func isTimeout(err error) bool {
	var late *transport.TimeoutError
	return errors.As(err, &late)
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
