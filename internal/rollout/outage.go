package rollout

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// patience is how long the API server may be out of reach. A control plane that is upgraded or moved is back by then,
// or takes minutes.
const patience = 15 * time.Second

// outages are the streams whose last request failed.
type outages map[stream]outage

type outage struct {
	since time.Time
	err   error
}

// note takes in how a request ended. It returns an error when waiting cannot help.
func (o outages) note(c change, now time.Time) error {
	switch err := c.err; {
	case err == nil:
		delete(o, c.from)
	case errors.Is(err, errExpiring):
		return fmt.Errorf("watching %s: %w", c.from, err)
	case isForbidden(err):
		return c.from.forbidden(err)
	case errors.Is(err, context.Canceled), apierrors.IsResourceExpired(err), apierrors.IsGone(err),
		apierrors.IsTooManyRequests(err), apierrors.IsInvalid(err):
		// The reflector knows what to do: it lists again, slows down, or asks in an older way.
	default:
		if _, known := o[c.from]; !known && !c.from.optional {
			o[c.from] = outage{now, err}
		}
	}
	return nil
}

// lost returns an error when a stream has been down for too long.
func (o outages) lost(now time.Time) error {
	for s, down := range o {
		if now.Sub(down.since) >= patience {
			return fmt.Errorf("watching %s: no answer from the cluster for %s: %w", s, patience, down.err)
		}
	}
	return nil
}

// patience is when the first outage will have lasted too long.
func (o outages) patience() time.Time {
	var first time.Time
	for _, down := range o {
		first = soonest(first, down.since.Add(patience))
	}
	return first
}

func isForbidden(err error) bool { return err != nil && apierrors.IsForbidden(err) }

// forbidden names the permission that is missing, unless one can do without.
func (s stream) forbidden(err error) error {
	if s.optional {
		return nil
	}
	return fmt.Errorf("watching %s: not allowed; grant the deployer the verbs list and watch on %s: %w", s, s.GroupResource(), err)
}

// String names the stream: deployments.apps in namespace "shop".
func (s stream) String() string {
	if s.namespace == "" {
		return s.GroupResource().String()
	}
	return fmt.Sprintf("%s in namespace %q", s.GroupResource(), s.namespace)
}
