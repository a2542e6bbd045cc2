package action

import (
	"context"
	"errors"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

// The exit statuses.
const (
	statusOK          = 0   // all good, warnings included
	statusFaulty      = 1   // the images, the manifests or the rollout are at fault
	statusInputs      = 2   // the inputs are wrong
	statusUnavailable = 3   // something the run needs failed: registry, cloud, cluster, network, sign-in
	statusInterrupted = 130 // interrupted, as a shell reports SIGINT
)

// errFindings ends a run whose findings say it all.
var errFindings = errors.New("findings of severity error")

// faultError is an error in the user's files.
type faultError struct{ error }

func (e faultError) Unwrap() error { return e.error }

// crashError is a fault of this program itself.
type crashError struct{ cause string }

func (e crashError) Error() string {
	return "multiarch-deploy itself failed: " + e.cause + "; what it had done by then may not be in the report. " +
		"Please report this, with the log, at https://github.com/multiarch-deploy/multiarch-deploy/issues"
}

// refusedError is errFindings for a run that only lacks permission.
type refusedError struct{}

func (refusedError) Error() string        { return errFindings.Error() }
func (refusedError) Is(target error) bool { return target == errFindings }

// findingsError is nil when no finding is an error.
func findingsError(findings []finding.Finding) error {
	var err error
	for _, f := range findings {
		switch {
		case f.Severity != finding.Error:
		case f.Code == finding.ImageUnauthorized:
			err = refusedError{}
		default:
			return errFindings
		}
	}
	return err
}

func exitStatus(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return statusOK
	case ctx.Err() != nil:
		return statusInterrupted
	case isA[inputs.Problems](err), isA[*identity.ConfigError](err):
		return statusInputs
	case isA[refusedError](err):
		return statusUnavailable
	case errors.Is(err, errFindings), isA[faultError](err), isA[*build.StepError](err):
		return statusFaulty
	default:
		return statusUnavailable
	}
}

func isA[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

// printError prints an error where people look for it: on standard error and, on a runner, as an annotation, at the
// line of the Dockerfile where there is one.
func (p Program) printError(err error) {
	if !p.runner.Detected() {
		p.runner.LogTo(p.Stderr)
		p.runner.Print("multiarch-deploy: " + strings.TrimSpace(err.Error()))
		return
	}
	for _, part := range joined(err) {
		p.runner.Annotate(annotation(part))
	}
}

// joined are the errors that errors.Join has made one of.
func joined(err error) []error {
	var several interface{ Unwrap() []error }
	if !errors.As(err, &several) || err.Error() != errors.Join(several.Unwrap()...).Error() {
		return []error{err}
	}
	var list []error
	for _, part := range several.Unwrap() {
		list = append(list, joined(part)...)
	}
	return list
}

func annotation(err error) runner.Annotation {
	a := runner.Annotation{Level: "error", Title: "multiarch-deploy", Message: strings.TrimSpace(err.Error())}
	var step *build.StepError
	if errors.As(err, &step) {
		a.File, a.Line = step.File, step.Line
	}
	return a
}
