package buildkit

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/moby/buildkit/solver/errdefs"
	"github.com/opencontainers/go-digest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// StepError is a build that failed because of its Dockerfile, or of the files that it copies.
type StepError struct {
	// Image is the image as the manifests call it.
	Image string
	// File is the Dockerfile's path and Line the line of the step in it, counted from 1. 0 is unknown.
	File string
	Line int
	// Step is the step as BuildKit calls it, such as "[linux/arm64 2/3] RUN make".
	Step string
	// Tail are the last lines that the step printed, 20 at most, with secrets hidden.
	Tail []string
	// Fix is what to do about it, where that is known.
	Fix string
	// Err is what BuildKit said.
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

// Unwrap returns what BuildKit said.
func (e *StepError) Unwrap() error { return e.Err }

// explain turns BuildKit's error into a *StepError where it points into the Dockerfile.
func explain(ctx context.Context, err error, spec build.Spec, p part, log *display) error {
	sources := errdefs.Sources(err)
	if ctx.Err() != nil || len(sources) == 0 || isRegistryDown(err) {
		return fmt.Errorf("building %s at %s: %w", spec.Name, p.daemon.endpoint.Address, err)
	}
	failure := &StepError{Image: spec.Name, Err: plain(err)}
	failure.File, failure.Line = position(sources[len(sources)-1], spec.Dockerfile)
	var vertex *errdefs.VertexError
	if errors.As(err, &vertex) {
		failure.Step, failure.Tail = log.steps.step(digest.Digest(vertex.Digest))
	}
	hide := hiding(spec.Dockerfile.Secrets)
	for i, line := range failure.Tail {
		failure.Tail[i] = hide.Replace(line)
	}
	if platform, missing := missingEmulator(failure, p); missing {
		failure.Err, failure.Fix = emulatorError(platform, p), emulatorFix(platform)
	}
	return failure
}

// isRegistryDown tells a base image whose registry does not answer, or not with sense: no Dockerfile's fault. BuildKit
// sends no code for it, only containerd's words.
func isRegistryDown(err error) bool {
	return strings.Contains(err.Error(), "failed to do request: ") || strings.Contains(err.Error(), "unexpected status")
}

// position is the place in the Dockerfile that BuildKit points at, in the path that the user knows it by.
func position(source *errdefs.Source, d build.Dockerfile) (file string, line int) {
	file = source.Info.GetFilename()
	if file == dockerfileName(d) && !isRemote(d.Context) {
		file = filepath.ToSlash(dockerfilePath(d))
	}
	for _, r := range source.Ranges {
		if at := int(r.Start.Line); line == 0 || at < line {
			line = at
		}
	}
	return file, line
}

// plain is an error without the words that only say which parts of BuildKit it has come through.
func plain(err error) error {
	return shortError{err, strings.TrimPrefix(err.Error(), "failed to solve: ")}
}

type shortError struct {
	error
	text string
}

func (e shortError) Error() string { return e.text }
func (e shortError) Unwrap() error { return e.error }
