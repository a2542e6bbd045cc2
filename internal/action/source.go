package action

import (
	"fmt"
	"strconv"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitdir"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
)

// source is what the run deploys, as the runner's environment tells:
// https://docs.github.com/actions/reference/workflows-and-actions/variables
func (p Program) source() (build.Source, error) {
	created, err := p.commitTime()
	if err != nil {
		return build.Source{}, err
	}
	source := build.Source{Revision: p.commitSHA(), RefName: p.Getenv("GITHUB_REF_NAME"), Created: created}
	if repository := p.Getenv("GITHUB_REPOSITORY"); repository != "" {
		source.Repository = p.Getenv("GITHUB_SERVER_URL") + "/" + repository
	}
	return source, nil
}

// commitSHA is the commit of the workflow run, or of the git checkout that the working directory is in.
func (p Program) commitSHA() string {
	if sha := p.Getenv("GITHUB_SHA"); sha != "" {
		return sha
	}
	checkout, ok := gitdir.Find(".")
	if !ok {
		return ""
	}
	return checkout.Commit()
}

// commitTime is what SOURCE_DATE_EPOCH says, in seconds since 1970, or zero. Builds that are to be the same on every
// run set it to the time of the commit: https://reproducible-builds.org/specs/source-date-epoch/
func (p Program) commitTime() (time.Time, error) {
	text := p.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		return time.Time{}, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, inputs.Problems{fmt.Sprintf("SOURCE_DATE_EPOCH: %q is not a number of seconds since 1970, such as `git log -1 --format=%%ct` prints", text)}
	}
	return time.Unix(seconds, 0).UTC(), nil
}
