package build

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
)

// remoteContext is what BuildKit fetches by itself: https://docs.docker.com/build/concepts/context/#remote-context
var remoteContext = regexp.MustCompile(`^(https?|git|ssh)://|^git@`)

// IsRemote reports whether the builder fetches the context by itself.
func (d Dockerfile) IsRemote() bool { return remoteContext.MatchString(d.Context) }

// ContextFolder is the local folder of the context; "" when it is remote.
func (d Dockerfile) ContextFolder() string {
	if d.IsRemote() {
		return ""
	}
	return filepath.Clean(cmp.Or(d.Context, "."))
}

// FileFolder is the local folder of the Dockerfile; "" when the context is remote.
func (d Dockerfile) FileFolder() string {
	if d.IsRemote() {
		return ""
	}
	return filepath.Dir(d.Path())
}

// Path is where the Dockerfile is: as docker/build-push-action has it, a file that is given is relative
// to the working directory, not to the context.
func (d Dockerfile) Path() string {
	return cmp.Or(d.File, filepath.Join(d.Context, "Dockerfile"))
}

// Name is the Dockerfile's name in its folder, or its path in a remote context.
func (d Dockerfile) Name() string {
	if d.IsRemote() {
		return path.Clean(cmp.Or(d.File, "Dockerfile"))
	}
	return filepath.Base(d.Path())
}

// CheckFiles finds what is missing here, before a builder says it in its own words. The error is a *StepError.
func (s Spec) CheckFiles() error {
	if s.Dockerfile.IsRemote() {
		return nil
	}
	folder, file := s.Dockerfile.ContextFolder(), s.Dockerfile.Path()
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return &StepError{Image: s.Name, File: folder,
			Err: fmt.Errorf("context %q is not a folder here; check the context input, and that the checkout has it", folder)}
	}
	if info, err := os.Stat(file); err != nil || info.IsDir() {
		return &StepError{Image: s.Name, File: file,
			Err: fmt.Errorf("there is no Dockerfile at %q; set the file input to its path from the working directory", file)}
	}
	// A builder, or a Dockerfile's own frontend, may read all of either folder.
	for _, read := range []string{folder, filepath.Dir(file)} {
		if _, err := Followed(read); err != nil {
			return &StepError{Image: s.Name, File: read, Err: err}
		}
	}
	return nil
}
