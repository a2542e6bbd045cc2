package cloudbuild

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/api/cloudbuild/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// explain says why a build has ended without its image.
func (j *job) explain(r *cloudbuild.Build, log *tail) error {
	info := r.FailureInfo
	if info == nil {
		info = &cloudbuild.FailureInfo{}
	}
	why := cmp.Or(info.Detail, r.StatusDetail, "no reason given")
	switch r.Status {
	case "TIMEOUT":
		return fmt.Errorf("building %s: the build took longer than %s; give it more with timeout=2h behind cloudbuild in "+
			"builder, or a bigger machine with machine-type=E2_HIGHCPU_8. Its log: %s",
			j.spec.Name, j.Cloud.Timeout, r.LogUrl)
	case "CANCELLED":
		return fmt.Errorf("building %s: somebody cancelled the build: %s", j.spec.Name, r.LogUrl)
	case "EXPIRED":
		return fmt.Errorf("building %s: the build waited for a machine in %s until it expired; look for builds that hold "+
			"them at %s", j.spec.Name, j.Cloud.Region, r.LogUrl)
	}
	for _, s := range r.Steps {
		if s.Status == "FAILURE" {
			return j.stepFailed(s.Id, why, log.last[s.Id], r)
		}
	}
	text := fmt.Sprintf("building %s: Cloud Build ended the build as %s: %s. Its log: %s", j.spec.Name,
		strings.Join(given(r.Status, info.Type), ", "), why, r.LogUrl)
	if info.Type == "FETCH_SOURCE_FAILED" {
		text += "\n" + j.grantBucket(r)
	}
	return errors.New(text)
}

func given(words ...string) []string {
	var list []string
	for _, word := range words {
		if word != "" {
			list = append(list, word)
		}
	}
	return list
}

// stepFailed is a *build.StepError when the Dockerfile is to blame. The other steps use nothing of the user's, and a
// registry that refuses or does not answer is no Dockerfile's fault either.
func (j *job) stepFailed(id, why string, last []string, r *cloudbuild.Build) error {
	said := strings.Join(last, "\n")
	if id != buildStep {
		return fmt.Errorf("building %s: setting BuildKit up: step %q failed: %s. Its log: %s\n    %s", j.spec.Name, id, why,
			r.LogUrl, strings.Join(last, "\n    "))
	}
	failure := j.position(last)
	failure.Err = fmt.Errorf("%s. The whole log: %s", cmp.Or(reason(last), why), r.LogUrl)
	switch {
	case strings.Contains(said, "artifactregistry.repositories."):
		failure.Fix = j.grantRegistry(r)
	case strings.Contains(said, "failed to do request: "), strings.Contains(said,
		"unexpected status"), strings.Contains(said, "failed to push"):
	default:
		return failure
	}
	return errors.New(failure.Error())
}

// What buildx prints at last: " > [linux/arm64 2/3] RUN make:", the Dockerfile with the line of the step, and its
// error.
var (
	stepLine  = regexp.MustCompile(`^ *> (\[.*\].*):$`)
	placeLine = regexp.MustCompile(`^([^ ]+):([0-9]+)$`)
	errorLine = regexp.MustCompile(`^ERROR: (?:failed to build: )?(?:failed to solve: )?(.*)`)
)

// position reads which step of which file has failed.
func (j *job) position(last []string) *build.StepError {
	failure := &build.StepError{Image: j.spec.Name, Tail: last}
	for _, line := range last {
		if found := stepLine.FindStringSubmatch(line); found != nil {
			failure.Step = found[1]
		}
		if found := placeLine.FindStringSubmatch(line); found != nil && found[1] == path.Base(j.source.file) {
			failure.File = filepath.ToSlash(j.spec.Dockerfile.Path())
			failure.Line, _ = strconv.Atoi(found[2])
		}
	}
	return failure
}

// reason is the error that buildx ends with, or "".
func reason(last []string) string {
	for _, line := range slices.Backward(last) {
		if found := errorLine.FindStringSubmatch(line); found != nil {
			return found[1]
		}
	}
	return ""
}
