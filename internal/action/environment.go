package action

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitdir"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

// environment looks an environment variable up. Those of a runner are documented at
// https://docs.github.com/actions/reference/workflows-and-actions/variables
type environment func(string) string

// onRunner reports whether the program runs as a step of a workflow.
func (env environment) onRunner() bool { return runner.Detected(env) }

// source is what the run deploys.
func (env environment) source() (build.Source, error) {
	created, err := env.commitTime()
	if err != nil {
		return build.Source{}, err
	}
	return build.Source{Repository: env.repositoryPage(), Revision: env.commitSHA(), RefName: env("GITHUB_REF_NAME"),
		Created: created}, nil
}

// repositoryPage is the repository's address, or "".
func (env environment) repositoryPage() string {
	if env("GITHUB_REPOSITORY") == "" {
		return ""
	}
	return cmp.Or(env("GITHUB_SERVER_URL"), "https://github.com") + "/" + env("GITHUB_REPOSITORY")
}

// commitSHA is the commit of the workflow run, or of the git checkout that the working directory is in.
func (env environment) commitSHA() string {
	if sha := env("GITHUB_SHA"); sha != "" {
		return sha
	}
	checkout, ok := gitdir.Find(".")
	if !ok {
		return ""
	}
	return checkout.Commit()
}

// commitTime is SOURCE_DATE_EPOCH, in seconds since 1970, or zero. Builds that are to be the same on every run set it
// to the time of the commit: https://reproducible-builds.org/specs/source-date-epoch/
func (env environment) commitTime() (time.Time, error) {
	text := env("SOURCE_DATE_EPOCH")
	if text == "" {
		return time.Time{}, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, inputs.Problems{fmt.Sprintf(
			"SOURCE_DATE_EPOCH: %q is not a number of seconds since 1970, such as `git log -1 --format=%%ct` prints", text)}
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// commitPage is the address of the commit's files, without a final slash, or "".
func (env environment) commitPage() string {
	repository, commit := env.repositoryPage(), env("GITHUB_SHA")
	if repository == "" || commit == "" {
		return ""
	}
	return repository + "/blob/" + commit
}

// runLink is a line of Markdown with a link to the workflow run, or "" outside of one.
func (env environment) runLink() string {
	id := env("GITHUB_RUN_ID")
	if id == "" {
		return ""
	}
	return fmt.Sprintf("\nRecorded by [run %s](%s/actions/runs/%[1]s).\n", id, env.repositoryPage())
}

// inventory names this deploy among all that share the cluster: the repository and its kustomization.
func (env environment) inventory(kustomization string) string {
	folder := filepath.ToSlash(filepath.Clean(kustomization))
	if repository := env("GITHUB_REPOSITORY"); repository != "" {
		return repository + ":" + folder
	}
	// "." is the folder of many deploys, and prune must not take one for another.
	if absolute, err := filepath.Abs(folder); err == nil {
		return filepath.ToSlash(absolute)
	}
	return folder
}

// kubeconfigs are the files that kubectl would merge.
func (env environment) kubeconfigs() []string {
	if list := env("KUBECONFIG"); list != "" {
		return filepath.SplitList(list)
	}
	if home := env("HOME"); home != "" {
		return []string{filepath.Join(home, ".kube", "config")}
	}
	return nil
}

// below is a path as later steps of the job see it: they need not have the workspace where a container has it.
func below(workspace, path string) string {
	if relative, err := filepath.Rel(workspace, path); err == nil && filepath.IsLocal(relative) {
		return relative
	}
	return path
}
