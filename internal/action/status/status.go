// Package status says whose fault an error of a run is, and which exit status it comes to.
package status

import (
	"context"
	"errors"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize"
)

// The exit statuses.
const (
	OK          = 0   // all good, warnings included
	Faulty      = 1   // the images, the manifests or the rollout are at fault
	Inputs      = 2   // the inputs are wrong
	Unavailable = 3   // something the run needs failed: registry, cloud, cluster, network, sign-in
	Interrupted = 130 // interrupted, as a shell reports SIGINT
)

// ErrFindings ends a run whose findings explain the failure.
var ErrFindings = errors.New("findings of severity error")

// Fault is an error in the user's files.
type Fault struct{ Err error }

// Error is the text of the error itself.
func (e Fault) Error() string { return e.Err.Error() }

// Unwrap returns the error itself.
func (e Fault) Unwrap() error { return e.Err }

// Crash is a fault of this program itself.
type Crash struct{ Cause string }

// Error asks for a report of the fault.
func (e Crash) Error() string {
	return "multiarch-deploy itself failed: " + e.Cause + "; what it had done by then may not be in the report. " +
		"Please report this, with the log, at https://github.com/multiarch-deploy/multiarch-deploy/issues"
}

// refusedError is ErrFindings for a run that only lacks permission.
type refusedError struct{}

func (refusedError) Error() string        { return ErrFindings.Error() }
func (refusedError) Is(target error) bool { return target == ErrFindings }

// OfFindings is nil when no finding is an error.
func OfFindings(findings []finding.Finding) error {
	var err error
	for _, f := range findings {
		switch {
		case f.Severity != finding.Error:
		case f.Code == finding.ImageUnauthorized:
			err = refusedError{}
		default:
			return ErrFindings
		}
	}
	return err
}

// Of is the exit status of a run that ended with an error, or with none.
func Of(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return OK
	case ctx.Err() != nil:
		return Interrupted
	case isA[inputs.Problems](err), isA[*identity.ConfigError](err):
		return Inputs
	case isA[refusedError](err), isA[*kustomize.CrashError](err):
		return Unavailable
	case errors.Is(err, ErrFindings), isA[Fault](err), isA[*build.StepError](err):
		return Faulty
	default:
		return Unavailable
	}
}

func isA[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}
