package build

import (
	"fmt"
	"strings"
)

// StepError is a build that failed because of its Dockerfile, or of the files that it copies.
type StepError struct {
	// Image is the image as the manifests call it.
	Image string
	// File is the Dockerfile's path and Line the line of the step in it, counted from 1. 0 is unknown.
	File string
	Line int
	// Step is the step as the builder calls it, such as "[linux/arm64 2/3] RUN make".
	Step string
	// Tail are the last lines that the step printed, 20 at most, with secrets hidden.
	Tail []string
	// Fix is what to do about it, where that is known.
	Fix string
	// Err is what the builder said.
	Err error
}

// Error says which image failed, where and why.
func (e *StepError) Error() string {
	text := "building " + e.Image
	if e.File != "" && e.Line > 0 {
		text += fmt.Sprintf(": %s:%d", e.File, e.Line)
	}
	if e.Step != "" {
		text += ": " + e.Step
	}
	text += ": " + e.Err.Error()
	if len(e.Tail) > 0 {
		text += "\nIt printed at last:\n    " + strings.Join(e.Tail, "\n    ")
	}
	if e.Fix != "" {
		text += "\n" + e.Fix
	}
	return text
}

// Unwrap returns what the builder said.
func (e *StepError) Unwrap() error { return e.Err }
