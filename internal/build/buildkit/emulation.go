package buildkit

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/containerd/platforms"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

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
