package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/wait"
)

// Retry makes a request again when its failure says nothing about the object: 4 tries within about a second.
// An answer that comes with Retry-After is not tried again here: client-go did so already, as long as it was told to wait.
func Retry(ctx context.Context, request func() error) error {
	backoff := wait.Backoff{Duration: 100 * time.Millisecond, Factor: 2.5, Jitter: 0.2, Steps: 4}
	var last error
	err := wait.ExponentialBackoffWithContext(ctx, backoff, func(context.Context) (bool, error) {
		last = request()
		if last == nil || !passing(last) {
			return true, nil
		}
		return false, nil
	})
	if last == nil {
		return err
	}
	return last
}

// passing says whether err may be gone a moment later.
func passing(err error) bool {
	if utilnet.IsConnectionReset(err) || utilnet.IsProbableEOF(err) || utilnet.IsHTTP2ConnectionLost(err) {
		return true
	}
	if _, waited := apierrors.SuggestsClientDelay(err); waited {
		return false
	}
	if Untyped.MatchString(err.Error()) {
		return false // a 500, although the fault is the manifest's
	}
	return Code(err) == http.StatusTooManyRequests || Code(err) >= http.StatusInternalServerError || lostRace(err)
}

// lostRace says whether the object changed while the API server worked on the request.
func lostRace(err error) bool {
	return apierrors.IsConflict(err) && len(Conflicts(err)) == 0
}

// Code is the HTTP status the API server answered with, 0 if it did not answer.
func Code(err error) int32 {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return status.Status().Code
	}
	return 0
}
