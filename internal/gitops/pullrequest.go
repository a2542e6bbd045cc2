package gitops

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v89/github"
)

// PullRequest proposes the edit: a branch with one commit on top of the base, and a pull request, which is brought up
// to date where there is one.
func PullRequest(ctx context.Context, opts Options) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r, err := open(opts)
	if err != nil {
		return Result{}, err
	}
	d, err := r.draft(ctx)
	if err != nil || len(d.changes) == 0 || d.later != "" {
		return d.nothingToCommit(), err
	}
	branch := opts.branch()
	if branch == opts.Place.Branch {
		return Result{}, sameBranch(branch)
	}
	result, err := r.propose(ctx, branch, d)
	if err != nil || result.Later != "" {
		return result, err
	}
	result.PullRequest, err = r.request(ctx, branch, r.message(d.changes).headline, r.body(d.changes), "")
	return result, err
}

func sameBranch(branch string) error {
	return fmt.Errorf("the pull request's branch %s is the branch that it is for; name another one in "+
		"pull-request-branch", branch)
}

// request opens the pull request, or brings the one that is open up to date, and returns its URL. The foot of the text
// says which run wrote it, and is no reason to write it again.
func (r *repository) request(ctx context.Context, branch, title, body, foot string) (string, error) {
	wanted := &github.NewPullRequest{
		Title: github.Ptr(title), Body: github.Ptr(body + foot),
		Head: github.Ptr(branch), Base: github.Ptr(r.Place.Branch),
	}
	present, err := r.opened(ctx, branch)
	if err != nil {
		return "", err
	}
	if present == nil {
		made, _, err := r.client.PullRequests.Create(ctx, r.owner, r.name, wanted)
		if err == nil || !isStatus(err, http.StatusUnprocessableEntity) {
			return made.GetHTMLURL(), r.explain("opening a pull request from "+branch, err)
		}
		// Its answer was lost on the way, or another job was faster.
		if present, _ = r.opened(ctx, branch); present == nil {
			return "", r.explain("opening a pull request from "+branch, err)
		}
	}
	same := present.GetBody() == wanted.GetBody() || foot != "" && strings.HasPrefix(present.GetBody(), body)
	if present.GetTitle() == wanted.GetTitle() && same {
		return present.GetHTMLURL(), nil
	}
	_, _, err = r.client.PullRequests.Edit(ctx, r.owner, r.name, present.GetNumber(),
		&github.PullRequest{Title: wanted.Title, Body: wanted.Body})
	return present.GetHTMLURL(), r.explain(fmt.Sprintf("updating pull request #%d", present.GetNumber()), err)
}

// opened is the open pull request from the branch to the base, or nil.
func (r *repository) opened(ctx context.Context, branch string) (*github.PullRequest, error) {
	list, _, err := r.client.PullRequests.List(ctx, r.owner, r.name, &github.PullRequestListOptions{
		State: "open", Head: r.owner + ":" + branch, Base: r.Place.Branch,
	})
	if err != nil || len(list) == 0 {
		return nil, r.explain("looking for the pull request from "+branch, err)
	}
	return list[0], nil
}
