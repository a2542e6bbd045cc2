// Package environment looks up what the environment variables of a run say: those of a runner, and those of a shell.
package environment

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitdir"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/githubapi"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

// Variables looks an environment variable up. Those of a runner are documented at
// https://docs.github.com/actions/reference/workflows-and-actions/variables
type Variables func(string) string

// OnRunner reports whether the program runs as a step of a workflow.
func (env Variables) OnRunner() bool { return runner.Detected(env) }

// Source is what the run deploys.
func (env Variables) Source() (build.Source, error) {
	created, err := env.commitTime()
	if err != nil {
		return build.Source{}, err
	}
	return build.Source{Repository: env.RepositoryPage(), Revision: env.CommitSHA(), RefName: env("GITHUB_REF_NAME"),
		Created: created}, nil
}

// RepositoryPage is the repository's address, or "".
func (env Variables) RepositoryPage() string {
	if env("GITHUB_REPOSITORY") == "" {
		return ""
	}
	return cmp.Or(env("GITHUB_SERVER_URL"), "https://github.com") + "/" + env("GITHUB_REPOSITORY")
}

// CommitSHA is the commit of the workflow run, or of the git checkout that the working directory is in.
func (env Variables) CommitSHA() string {
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
func (env Variables) commitTime() (time.Time, error) {
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

// CommitPage is the address of the commit's files, without a final slash, or "".
func (env Variables) CommitPage() string {
	repository, commit := env.RepositoryPage(), env("GITHUB_SHA")
	if repository == "" || commit == "" {
		return ""
	}
	return repository + "/blob/" + commit
}

// RunLink is a line of Markdown with a link to the workflow run, or "" outside of one.
func (env Variables) RunLink() string {
	id := env("GITHUB_RUN_ID")
	if id == "" {
		return ""
	}
	return fmt.Sprintf("\nRecorded by [run %s](%s/actions/runs/%[1]s).\n", id, env.RepositoryPage())
}

// Inventory names this deploy among all that share the cluster: the repository and its kustomization.
func (env Variables) Inventory(kustomization string) string {
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

// Kubeconfigs are the files that kubectl would merge.
func (env Variables) Kubeconfigs() []string {
	if list := env("KUBECONFIG"); list != "" {
		return filepath.SplitList(list)
	}
	if home := env("HOME"); home != "" {
		return []string{filepath.Join(home, ".kube", "config")}
	}
	return nil
}

// Below is a path as later steps of the job see it: they need not have the workspace where a container has it.
func Below(workspace, path string) string {
	if relative, err := filepath.Rel(workspace, path); err == nil && filepath.IsLocal(relative) {
		return relative
	}
	return path
}

// GitHub is GitHub's API, as the runner names it. On GitHub Enterprise Server the GraphQL API is beside the REST
// API: https://docs.github.com/enterprise-server/graphql/guides/forming-calls-with-graphql
func (env Variables) GitHub(token string) githubapi.Server {
	api := strings.TrimSuffix(cmp.Or(env("GITHUB_API_URL"), "https://api.github.com"), "/")
	return githubapi.Server{
		API:       api,
		GraphQL:   cmp.Or(env("GITHUB_GRAPHQL_URL"), strings.TrimSuffix(api, "/v3")+"/graphql"),
		Token:     token,
		Transport: transport.Base(transport.For(transport.GitHub)),
	}
}
