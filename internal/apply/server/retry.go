package server

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/wait"
)

// patience is how long requests to a server that does not answer are repeated. Once it has run out for one request,
// no other has any: otherwise each of a thousand objects would wait as long.
type patience struct {
	limit time.Duration
	spent atomic.Bool
}

// Patient returns the server with requests that are repeated for as long as limit while it does not answer.
func (s *Server) Patient(limit time.Duration) *Server {
	patient := *s
	patient.patience = &patience{limit: limit}
	return &patient
}

// Retry makes a request again when its failure says nothing about the object: 4 tries within about a second, or as
// long as the server's patience lasts.
func (s *Server) Retry(ctx context.Context, request func() error) error {
	err := Retry(ctx, request)
	if s.patience == nil || s.patience.spent.Load() || err == nil || !unanswered(err) {
		return err
	}
	backoff := wait.Backoff{Duration: time.Second, Factor: 1.5, Jitter: 0.2, Steps: 100, Cap: 10 * time.Second}
	ctx, cancel := context.WithTimeout(ctx, s.patience.limit)
	defer cancel()
	stopped := wait.ExponentialBackoffWithContext(ctx, backoff, func(context.Context) (bool, error) {
		if again := request(); again == nil || ctx.Err() == nil {
			err = again // what the end of the patience cuts off is no answer
		}
		return err == nil || !unanswered(err), nil
	})
	s.patience.spent.Store(s.patience.spent.Load() || stopped != nil)
	return err
}

// Retry makes a request again when its failure says nothing about the object: 4 tries within about a second. An answer
// that comes with Retry-After is not tried again here: client-go did so already, as long as it was told to wait.
func Retry(ctx context.Context, request func() error) error {
	backoff := wait.Backoff{Duration: 100 * time.Millisecond, Factor: 2.5, Jitter: 0.2, Steps: 4}
	var last error
	err := wait.ExponentialBackoffWithContext(ctx, backoff, func(context.Context) (bool, error) {
		last = request()
		return last == nil || !passing(last), nil
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
	return Code(err) == http.StatusTooManyRequests || Code(err) >= http.StatusInternalServerError || IsLostRace(err)
}

// unanswered says whether err is no judgement of the object, so that a later answer may be another.
func unanswered(err error) bool { return !AtFault(err) && Code(err) != http.StatusUnauthorized }

// Lost says whether a change that ended with err may have been made all the same.
func Lost(err error) bool { return unanswered(err) && Code(err) != http.StatusTooManyRequests }

// IsLostRace says whether the object changed while the API server worked on the request.
func IsLostRace(err error) bool {
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
