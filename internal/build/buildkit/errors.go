package buildkit

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/buildkit/solver/errdefs"
	"github.com/opencontainers/go-digest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// explain turns BuildKit's error into a *build.StepError where it points into the Dockerfile.
func explain(ctx context.Context, err error, spec build.Spec, p part, log *display) error {
	sources := errdefs.Sources(err)
	if isPushRefused(err) {
		return &build.RefusedError{Reference: spec.Reference, Err: plain(err)}
	}
	if ctx.Err() != nil || len(sources) == 0 || isRegistryDown(err) {
		return fmt.Errorf("building %s at %s: %w", spec.Name, p.daemon.endpoint.Address, err)
	}
	failure := &build.StepError{Image: spec.Name, Err: plain(err)}
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

// isRegistryDown recognises a base image whose registry does not answer, or not with sense: no Dockerfile's fault. BuildKit
// sends no code for it, only containerd's words.
func isRegistryDown(err error) bool {
	return strings.Contains(err.Error(), "failed to do request: ") || strings.Contains(err.Error(), "unexpected status")
}

// isPushRefused recognises a registry that takes no push from these credentials, in containerd's words for it.
func isPushRefused(err error) bool {
	text := err.Error()
	refused := func(words string) bool { return strings.Contains(text, words) }
	return refused("failed to push ") && slices.ContainsFunc([]string{"401 Unauthorized", "403 Forbidden", "insufficient_scope", ": denied: "}, refused)
}

// position is the place in the Dockerfile that BuildKit points at, in the path that the user knows it by.
func position(source *errdefs.Source, d build.Dockerfile) (file string, line int) {
	file = source.Info.GetFilename()
	if file == d.Name() && !d.IsRemote() {
		file = filepath.ToSlash(d.Path())
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
