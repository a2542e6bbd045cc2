package gitops_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/github"
)

// Each refusal is GitHub's own text, and the next step.
func TestRefusals(t *testing.T) {
	type act = func(context.Context, gitops.Options) (gitops.Result, error)
	permissions := "; the job's token may not do this; add to the job in the workflow file:\n\n    permissions:\n      " +
		"contents: write\n      pull-requests: write\n\n" +
		"(the last line with commit: pull-request only, and keep the job's other permissions). A run for a pull request " +
		"from a fork, or for Dependabot, never gets them: commit on pushes only"
	byPullRequest := "set commit to pull-request; or let a GitHub App bypass the rule, and give its token as github-token"
	elsewhere := "this token sees no such repository; the job's own token reaches the job's repository alone, and for " +
		"another one github-token must be the token of a GitHub App that is installed there"
	for _, test := range []struct {
		name  string
		act   act
		token github.Token
		set   func(*github.Repository, *gitops.Options)
		want  string
	}{
		{"no_permission_to_commit", gitops.Commit, github.Token{Repository: repositoryName}, nil,
			"committing to branch main of octo-org/shop: Resource not accessible by integration" + permissions},
		{"no_permission_for_a_branch", gitops.PullRequest, github.Token{Repository: repositoryName, PullRequests: true}, nil,
			"updating branch multiarch-deploy-run/7-multiarch-deploy-deploy of octo-org/shop: Resource not accessible by " +
				"integration" + permissions},
		{"no_permission_for_pull_requests", gitops.PullRequest, github.Token{Repository: repositoryName, Contents: true}, nil,
			"opening a pull request from multiarch-deploy/deploy of octo-org/shop: Resource not accessible by integration" +
				permissions},
		{"actions_may_not_open_pull_requests", gitops.PullRequest,
			github.Token{Repository: repositoryName, Contents: true, PullRequests: true},
			func(r *github.Repository, _ *gitops.Options) { r.ActionsMayOpen = false },
			"opening a pull request from multiarch-deploy/deploy of octo-org/shop: GitHub Actions is not permitted to create " +
				"or approve pull requests.; " +
				"switch on \"Allow GitHub Actions to create and approve pull requests\" under Settings > Actions > General, " +
				"in the organization first where it is off there, or give github-token the token of a GitHub App"},
		{"protected_branch", gitops.Commit, github.Token{Repository: repositoryName, Contents: true},
			func(r *github.Repository, _ *gitops.Options) { r.Protected["main"] = github.Classic },
			"committing to branch main of octo-org/shop: Changes must be made through a pull request.; " + byPullRequest},
		{"ruleset", gitops.Commit, github.Token{Repository: repositoryName, Contents: true},
			func(r *github.Repository, _ *gitops.Options) { r.Protected["main"] = github.Ruleset },
			"committing to branch main of octo-org/shop: Repository rule violations found Changes must be made through a pull " +
				"request.; " + byPullRequest},
		{"archived", gitops.Commit, github.Token{Repository: repositoryName, Contents: true},
			func(r *github.Repository, _ *gitops.Options) { r.Archived = true },
			"committing to branch main of octo-org/shop: Repository was archived so is read-only; unarchive the repository, " +
				"or set commit to none"},
		{"wrong_token", gitops.Commit, github.Token{Repository: repositoryName},
			func(_ *github.Repository, o *gitops.Options) { o.Server.Token = "expired" },
			"reading branch main of octo-org/shop: Bad credentials; the token of github-token has expired, was revoked or is " +
				"incomplete; give ${{ github.token }}, or a new one of a GitHub App"},
		{"out_of_reach", gitops.Commit, github.Token{Repository: repositoryName, Contents: true},
			func(_ *github.Repository, o *gitops.Options) {
				o.Server.API, o.Server.Transport = "http://127.0.0.1:1/", http.DefaultTransport
			},
			`reading branch main of octo-org/shop: Get "http://127.0.0.1:1/repos/octo-org/shop/git/ref/heads/main": dial tcp 127.0.0.1:1: connect: connection refused; ` +
				"check that this machine may connect to GitHub's API at that address, which is GITHUB_API_URL's"},
		{"another_repository", gitops.Commit, github.Token{Repository: repositoryName, Contents: true},
			func(_ *github.Repository, o *gitops.Options) { o.Place.Repository = "octo-org/fleet" },
			"reading the repository of octo-org/fleet: Not Found; " + elsewhere},
		{"no_such_branch", gitops.Commit, github.Token{Repository: repositoryName, Contents: true},
			func(_ *github.Repository, o *gitops.Options) { o.Place.Branch = "production" },
			"reading branch production of octo-org/shop: there is no such branch; push it first, or name another in " +
				"commit-branch"},
		{"file_is_not_there", gitops.Commit, github.Token{Repository: repositoryName, Contents: true},
			func(_ *github.Repository, o *gitops.Options) { o.Place.Path = "other/kustomization.yaml" },
			"reading other/kustomization.yaml of branch main of octo-org/shop: it is not there; commit the kustomization to " +
				"that branch first"},
		{"pull_request_from_its_own_base", gitops.PullRequest, github.Token{Repository: repositoryName, Contents: true},
			func(_ *github.Repository, o *gitops.Options) { o.Branch = "{branch}" },
			"the pull request's branch main is the branch that it is for; name another one in pull-request-branch"},
		{"a_branch_is_in_the_way", gitops.PullRequest, github.Token{Repository: repositoryName, Contents: true},
			func(_ *github.Repository, o *gitops.Options) { o.Branch = "main/{kustomization}" },
			"updating branch main/deploy of octo-org/shop: Reference update failed; a rule of the repository forbids this " +
				"name, or a branch is named like the part of it before a slash; choose another in pull-request-branch"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			opts := w.options(t, 7, "v2")
			opts.Server.Token = w.hub.Issue(test.token)
			if test.set != nil {
				test.set(w.repository, &opts)
			}
			before := w.repository.Head("main").SHA
			result, err := test.act(t.Context(), opts)
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			if w.repository.Head("main").SHA != before {
				t.Errorf("the branch moved: %+v", result)
			}
		})
	}
}
