package action

import (
	"errors"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

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
