package cloudbuild

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// explain says why a build has ended without its image.
func (j *job) explain(r running, log *tail) error {
	why := cmp.Or(r.FailureInfo.Detail, r.StatusDetail, "no reason given")
	switch r.Status {
	case "TIMEOUT":
		return fmt.Errorf("building %s: the build took longer than %s; give it more with timeout=2h behind cloudbuild in builder, or a bigger machine with machine-type=E2_HIGHCPU_8. Its log: %s",
			j.spec.Name, j.Cloud.Timeout, r.LogURL)
	case "CANCELLED":
		return fmt.Errorf("building %s: somebody cancelled the build: %s", j.spec.Name, r.LogURL)
	case "EXPIRED":
		return fmt.Errorf("building %s: the build waited for a machine in %s until it expired; look for builds that hold them at %s", j.spec.Name, j.Cloud.Region, r.LogURL)
	}
	for _, s := range r.Steps {
		if s.Status == "FAILURE" {
			return j.stepFailed(s.ID, why, log.last[s.ID], r)
		}
	}
	text := fmt.Sprintf("building %s: Cloud Build ended the build as %s: %s. Its log: %s", j.spec.Name, strings.Join(given(r.Status, r.FailureInfo.Type), ", "), why, r.LogURL)
	if r.FailureInfo.Type == "FETCH_SOURCE_FAILED" {
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
func (j *job) stepFailed(id, why string, last []string, r running) error {
	said := strings.Join(last, "\n")
	failure := &build.StepError{Image: j.spec.Name, Step: id, Tail: last, Err: fmt.Errorf("%s: %s", why, r.LogURL)}
	switch {
	case id != buildStep:
		return fmt.Errorf("building %s: setting up BuildKit for it: step %q failed: %s. Its log: %s\n    %s", j.spec.Name, id, why, r.LogURL, strings.Join(last, "\n    "))
	case strings.Contains(said, "artifactregistry.repositories."):
		failure.Fix = j.grantRegistry(r)
	case strings.Contains(said, "failed to do request: "), strings.Contains(said, "unexpected status"), strings.Contains(said, "failed to push"):
	default:
		return failure
	}
	return errors.New(failure.Error())
}
