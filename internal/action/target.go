package action

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize"
	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

// target is where a run records the images.
type target struct {
	server gitops.Server
	place  gitops.Place
	mark   gitops.Mark
	// link leads to the run, in Markdown.
	link string
}

// target finds out, before anything is done, where the images are to be recorded. Its errors are inputs.Problems.
func (p Program) target(config inputs.Config) (target, error) {
	if config.Commit.Token == "" {
		return target{}, inputs.Problems{"commit also needs github-token, or the variable GITHUB_TOKEN"}
	}
	file, err := kustomize.Find(config.Kustomization)
	if err != nil {
		return target{}, faultError{err}
	}
	place, err := gitops.Locate(file, config.Commit.Branch, gitops.Job{
		Workspace: p.Getenv("GITHUB_WORKSPACE"), Repository: p.Getenv("GITHUB_REPOSITORY"), Ref: p.Getenv("GITHUB_REF"),
	})
	if err != nil {
		return target{}, inputs.Problems{noBranch(err)}
	}
	run, _ := strconv.ParseInt(p.Getenv("GITHUB_RUN_ID"), 10, 64) // outside a workflow there is none
	return target{
		server: p.server(config.Commit.Token),
		place:  place,
		mark:   gitops.Mark{Run: run, Revision: p.commitSHA()},
		link:   p.runLink(),
	}, nil
}

// noBranch says what to do about a checkout that can't be committed to.
func noBranch(err error) string {
	if errors.Is(err, gitops.ErrNoBranch) {
		return "commit: a tag, a pull request or a single commit is checked out, which can't be committed to; name the branch in commit-branch, " +
			"or run this on pushes to a branch only"
	}
	return "commit: " + err.Error()
}

// server is GitHub's API, as the runner names it. On GitHub Enterprise Server the GraphQL API stands beside the REST
// API: https://docs.github.com/enterprise-server/graphql/guides/forming-calls-with-graphql
func (p Program) server(token string) gitops.Server {
	api := strings.TrimSuffix(cmp.Or(p.Getenv("GITHUB_API_URL"), "https://api.github.com"), "/")
	return gitops.Server{
		API:       api,
		GraphQL:   cmp.Or(p.Getenv("GITHUB_GRAPHQL_URL"), strings.TrimSuffix(api, "/v3")+"/graphql"),
		Token:     token,
		Transport: transport.Base(transport.For(transport.GitHub)),
	}
}

// runLink leads to the workflow run's page, or is "" outside of one.
func (p Program) runLink() string {
	id := p.Getenv("GITHUB_RUN_ID")
	if id == "" {
		return ""
	}
	return fmt.Sprintf("\nRecorded by [run %s](%s/%s/actions/runs/%[1]s).\n", id, p.Getenv("GITHUB_SERVER_URL"), p.Getenv("GITHUB_REPOSITORY"))
}
