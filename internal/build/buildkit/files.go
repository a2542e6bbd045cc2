package buildkit

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// remoteContext is what BuildKit fetches by itself: https://docs.docker.com/build/concepts/context/#remote-context
var remoteContext = regexp.MustCompile(`^(https?|git|ssh)://|^git@`)

func isRemote(context string) bool { return remoteContext.MatchString(context) }

// contextFolder and dockerfileFolder are the local folders BuildKit reads; "" when there is none.
func contextFolder(d build.Dockerfile) string {
	if isRemote(d.Context) {
		return ""
	}
	return filepath.Clean(cmp.Or(d.Context, "."))
}

func dockerfileFolder(d build.Dockerfile) string {
	if isRemote(d.Context) {
		return ""
	}
	return filepath.Dir(dockerfilePath(d))
}

// dockerfilePath is where the Dockerfile stands: as docker/build-push-action has it, a file that is given is relative
// to the working directory, not to the context.
func dockerfilePath(d build.Dockerfile) string {
	return cmp.Or(d.File, filepath.Join(d.Context, "Dockerfile"))
}

// dockerfileName is the Dockerfile's name in its folder, or its path in a remote context.
func dockerfileName(d build.Dockerfile) string {
	if isRemote(d.Context) {
		return path.Clean(cmp.Or(d.File, "Dockerfile"))
	}
	return filepath.Base(dockerfilePath(d))
}

// checkFiles finds what is missing here, before BuildKit says it in its own words.
func checkFiles(spec build.Spec) error {
	if isRemote(spec.Dockerfile.Context) {
		return nil
	}
	folder := contextFolder(spec.Dockerfile)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return &build.StepError{Image: spec.Name, File: folder,
			Err: fmt.Errorf("context %q is not a folder here; check the context input, and that the checkout has it", folder)}
	}
	file := dockerfilePath(spec.Dockerfile)
	if info, err := os.Stat(file); err != nil || info.IsDir() {
		return &build.StepError{Image: spec.Name, File: file,
			Err: fmt.Errorf("there is no Dockerfile at %q; set the file input to its path from the working directory", file)}
	}
	return nil
}
