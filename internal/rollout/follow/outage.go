package follow

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

// Outages are the streams whose last request failed.
type Outages map[Stream]outage

type outage struct {
	since time.Time
	err   error
}

// Note takes in how a request ended. It returns an error when waiting cannot help.
func (o Outages) Note(c Change, now time.Time) error {
	switch err := c.Err; {
	case err == nil:
		delete(o, c.From)
	case errors.Is(err, errExpiring):
		return fmt.Errorf("watching %s: %w", c.From, err)
	case isForbidden(err):
		return c.From.forbidden(err)
	case errors.Is(err, context.Canceled), apierrors.IsResourceExpired(err), apierrors.IsGone(err),
		apierrors.IsTooManyRequests(err), apierrors.IsInvalid(err):
		// The reflector knows what to do: it lists again, slows down, or asks in an older way.
	default:
		if _, known := o[c.From]; !known && !c.From.Optional {
			o[c.From] = outage{now, err}
		}
	}
	return nil
}

// Lost returns an error when a stream has been down for too long.
func (o Outages) Lost(now time.Time) error {
	for s, down := range o {
		if now.Sub(down.since) >= patience {
			return fmt.Errorf("watching %s: no answer from the cluster for %s: %w", s, patience, down.err)
		}
	}
	return nil
}

// Patience is when the first outage will have lasted too long.
func (o Outages) Patience() time.Time {
	var first time.Time
	for _, down := range o {
		if at := down.since.Add(patience); first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

func isForbidden(err error) bool { return err != nil && apierrors.IsForbidden(err) }

// forbidden names the permission that is missing, unless one can do without.
func (s Stream) forbidden(err error) error {
	if s.Optional {
		return nil
	}
	return fmt.Errorf("watching %s: not allowed; grant the deployer the verbs list and watch on %s: %w", s,
		s.GroupResource(), err)
}

// String names the stream: deployments.apps in namespace "shop".
func (s Stream) String() string {
	if s.Namespace == "" {
		return s.GroupResource().String()
	}
	return fmt.Sprintf("%s in namespace %q", s.GroupResource(), s.Namespace)
}
