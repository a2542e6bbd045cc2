package buildkit

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/opencontainers/go-digest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// explain turns BuildKit's error into a *build.StepError where it points into the Dockerfile.
func explain(ctx context.Context, err error, spec build.Spec, p part, log *display) error {
	sources, hideSecrets := errdefs.Sources(err), p.daemon.secrets.Hide
	err = shortError{err, hideSecrets(err.Error())} // a registry may echo what it was sent
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
		failure.Tail[i] = hideSecrets(hide.Text(line))
	}
	if platform, missing := missingEmulator(failure, p); missing {
		failure.Err, failure.Fix = emulatorError(platform, p), emulatorFix(platform)
	}
	return failure
}

// isRegistryDown recognises a base image whose registry does not answer, or not with sense: no Dockerfile's fault.
// BuildKit sends no code for it, only containerd's words.
func isRegistryDown(err error) bool {
	return strings.Contains(err.Error(), "failed to do request: ") || strings.Contains(err.Error(), "unexpected status")
}

// isPushRefused recognises a registry that takes no push from these credentials, in containerd's words for it.
func isPushRefused(err error) bool {
	text := err.Error()
	refused := func(words string) bool { return strings.Contains(text, words) }
	return refused("failed to push ") && slices.ContainsFunc([]string{"401 Unauthorized", "403 Forbidden",
		"insufficient_scope", ": denied: "}, refused)
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

// stepPlatform finds the platform a step runs on in its name: "[linux/arm64 2/3] RUN make" runs on linux/arm64, and
// "[linux/amd64->arm64 build 2/3] RUN make", a cross-compilation, on linux/amd64.
var stepPlatform = regexp.MustCompile(`^\[([a-z0-9]+/[a-z0-9]+(?:/[a-z0-9]+)?)[ \->]`)

// missingEmulator recognises a step that failed because it ran a program for a CPU that its BuildKit neither is nor
// emulates. Where it does, a wrong program in the image is to blame, and BuildKit's own words are right.
func missingEmulator(failure *build.StepError, p part) (platform string, missing bool) {
	said := strings.ToLower(failure.Err.Error() + "\n" + strings.Join(failure.Tail, "\n"))
	found := stepPlatform.FindStringSubmatch(failure.Step)
	if !strings.Contains(said, "exec format error") || found == nil {
		return "", false
	}
	parsed, err := platforms.Parse(found[1])
	if err != nil {
		return "", false
	}
	platform = platforms.Format(platforms.Normalize(parsed))
	return platform, !slices.Contains(p.daemon.offered, platform)
}

func emulatorError(platform string, p part) error {
	return fmt.Errorf("the BuildKit at %s runs on %s and has no emulator for %s, so this step can't run there",
		p.daemon.endpoint.Address, p.daemon.native, platform)
}

func emulatorFix(platform string) string {
	return fmt.Sprintf(`Either give %[1]s a machine of its own, with a line in builder such as "tcp://HOST:1234 platforms=%[1]s",
or let the step run on the builder's own CPU (FROM --platform=$BUILDPLATFORM) and cross-compile for $TARGETARCH,
or set up emulation, which is slow: docker/setup-qemu-action before docker/setup-buildx-action`, platform)
}
