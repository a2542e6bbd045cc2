package publish

import (
	"errors"
	"io"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

// Error prints an error where people look for it: on standard error and, on a runner, as an annotation, at the
// line of the Dockerfile where there is one.
func (p Publisher) Error(err error, stderr io.Writer) {
	if !p.Runner.Detected() {
		p.Runner.LogTo(stderr)
		p.Runner.Print("multiarch-deploy: " + strings.TrimSpace(err.Error()))
		return
	}
	for _, part := range joined(err) {
		p.Runner.Annotate(annotation(part))
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
