package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// Refusal is a fault of an object that was found here, not by the API server.
type Refusal struct {
	Why, Fix string
	// Conflict: the object belongs to someone else.
	Conflict bool
}

func (e *Refusal) Error() string { return e.Why }

// FieldConflict is a field of a manifest that another manager owns with another value.
type FieldConflict struct {
	// Field is its path: `.spec.replicas`.
	Field                string
	Manager, Subresource string
	// Since is when the manager last changed one of its fields; zero if that is not known.
	Since time.Time
}

// FieldConflicts is the error of an apply that does not force.
type FieldConflicts []FieldConflict

// Error names the fields and their owners.
func (c FieldConflicts) Error() string {
	var all []string
	for _, f := range c {
		all = append(all, fmt.Sprintf("%s is owned by %q", f.Field, f.Manager))
	}
	return strings.Join(all, "; ")
}

// owner finds the manager in `conflict with "kubectl" using apps/v1 at 2026-01-02T03:04:05Z`,
// or `conflict with "kubectl" with subresource "scale" using apps/v1`.
var owner = regexp.MustCompile(`conflict with "([^"]*)"(?: with subresource "([^"]*)")?`)

// ConflictsOf returns the conflicts that the API server answered for the object live, which has the times.
func ConflictsOf(err error, live *unstructured.Unstructured) FieldConflicts {
	var fields FieldConflicts
	for _, cause := range Conflicts(err) {
		f := FieldConflict{Field: cause.Field, Manager: cause.Message}
		if m := owner.FindStringSubmatch(cause.Message); m != nil {
			f.Manager, f.Subresource = m[1], m[2]
		}
		if live != nil {
			for _, entry := range live.GetManagedFields() {
				theirs := entry.Manager == f.Manager && entry.Subresource == f.Subresource
				if theirs && entry.Time != nil && entry.Time.After(f.Since) {
					f.Since = entry.Time.Time
				}
			}
		}
		fields = append(fields, f)
	}
	return fields
}

// Untyped precedes what the API server has against an object that does not have its schema's form. It answers with
// status 500, although the fault is the manifest's.
// See sigs.k8s.io/structured-merge-diff, as k8s.io/apimachinery/pkg/util/managedfields passes it on.
var Untyped = regexp.MustCompile(`^failed to create typed patch object \([^)]*\): \.?`)

// Conflicts returns the fields that other managers own, as the API server names them.
func Conflicts(err error) []metav1.StatusCause {
	return slices.DeleteFunc(Causes(err), func(c metav1.StatusCause) bool {
		return c.Type != metav1.CauseTypeFieldManagerConflict
	})
}

// Causes returns the details of the API server's answer.
func Causes(err error) []metav1.StatusCause {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return nil
	}
	return slices.Clone(status.Status().Details.Causes)
}

// AtFault says whether err is about the object, as the API server judges it, rather than about the cluster or the way
// to it.
func AtFault(err error) bool {
	if r := (*Refusal)(nil); errors.As(err, &r) {
		return true
	}
	if c := (FieldConflicts)(nil); errors.As(err, &c) {
		return true
	}
	switch c := Code(err); {
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

// Unavailable says where the way to the cluster ended, while doing what, and what to do about it.
func (s *Server) Unavailable(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: interrupted: %w", doing, context.Cause(ctx))
	}
	return fmt.Errorf("%s: API server %s: %w; %s", doing, s.host, err, remedy(err))
}

func remedy(err error) string {
	switch {
	case apierrors.IsUnauthorized(err):
		return "the credentials are missing, wrong or have expired: sign in again"
	case apierrors.IsForbidden(err):
		return "these credentials may not do that: ask for a role that lets them"
	case utilnet.IsConnectionRefused(err):
		return "nothing listens there: check the server address in the kubeconfig and that the cluster runs"
	case Code(err) == 0:
		return "check the server address in the kubeconfig, and that this machine can reach it " +
			"(private clusters need a way in)"
	default:
		return "the server is overloaded or not whole: try again later"
	}
}
