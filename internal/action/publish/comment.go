package publish

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/githubapi"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/summary"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

// Comment shows the result in the pull request that started the run. That it can't is a warning: the run itself
// is complete without it, and a pull request from a fork never gets the permission.
func (p Publisher) Comment(ctx context.Context, config inputs.Config, result *report.Report) {
	if !config.Commit.Comment || ctx.Err() != nil {
		return
	}
	page, err := p.commented(ctx, config, result)
	switch {
	case err != nil && p.Runner.Detected():
		p.Runner.Annotate(runner.Annotation{Level: "warning", Title: "multiarch-deploy", Message: err.Error()})
	case err != nil:
		p.Runner.Print("warning: " + err.Error())
	default:
		p.Runner.Print("commented: " + page)
	}
}

func (p Publisher) commented(ctx context.Context, config inputs.Config,
	result *report.Report) (page string, err error) {
	env := p.Env
	payload, err := os.ReadFile(env("GITHUB_EVENT_PATH"))
	number := gitops.Event{Payload: payload}.PullRequestNumber()
	switch {
	case err != nil || number == 0:
		return "", errors.New("comment: no pull request started this run, so there is none to comment on; run it on " +
			"pull_request")
	case config.Commit.Token == "":
		return "", errors.New("comment also needs github-token, or the variable GITHUB_TOKEN")
	}
	text := summary.Comment(result, summary.Options{Workspace: env("GITHUB_WORKSPACE"), Source: env.CommitPage(),
		Version: p.Version})
	key := fmt.Sprintf("%q", config.Kustomization) // each kustomization has a comment of its own
	return githubapi.Comment(ctx, env.GitHub(config.Commit.Token), env("GITHUB_REPOSITORY"), number, key,
		p.Runner.Redact(text))
}
