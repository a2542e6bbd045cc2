package apply

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// atFault says whether err is about the object, as the API server judges it, rather than about the cluster or the way to it.
func atFault(err error) bool {
	var own *refusal
	if errors.As(err, &own) {
		return true
	}
	switch c := code(err); {
	case apierrors.IsServerTimeout(err), apierrors.IsTimeout(err):
		return false
	case c == http.StatusUnauthorized, c == http.StatusTooManyRequests:
		return false
	case c == http.StatusInternalServerError:
		// A webhook that can't be called, or a field that a schema doesn't know.
		return true
	default:
		return c >= http.StatusBadRequest && c < http.StatusInternalServerError
	}
}

// unavailable says where the way to the cluster ended, while doing what, and what to do about it.
func (a *Applier) unavailable(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: interrupted: %w", doing, context.Cause(ctx))
	}
	return fmt.Errorf("%s: API server %s: %w; %s", doing, a.host, err, remedy(err))
}

func remedy(err error) string {
	switch {
	case apierrors.IsUnauthorized(err):
		return "the credentials are missing, wrong or have expired: sign in again"
	case apierrors.IsForbidden(err):
		return "these credentials may not do that: ask for a role that lets them"
	case utilnet.IsConnectionRefused(err):
		return "nothing listens there: check the server address in the kubeconfig and that the cluster runs"
	case code(err) == 0:
		return "check the server address in the kubeconfig, and that this machine can reach it (private clusters need a way in)"
	default:
		return "the server is overloaded or not whole: try again later"
	}
}
