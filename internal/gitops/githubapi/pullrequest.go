package githubapi

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v89/github"
)

// Request opens the pull request, or brings the one that is open up to date, and returns its URL. The foot of the text
// says which run wrote it, and is no reason to write it again.
func (r *Repository) Request(ctx context.Context, branch, base, title, body, foot string) (string, error) {
	wanted := &github.NewPullRequest{
		Title: github.Ptr(title), Body: github.Ptr(body + foot),
		Head: github.Ptr(branch), Base: github.Ptr(base),
	}
	present, err := r.Opened(ctx, branch, base)
	if err != nil {
		return "", err
	}
	if present == nil {
		made, _, err := r.client.PullRequests.Create(ctx, r.owner, r.name, wanted)
		if err == nil || !isStatus(err, http.StatusUnprocessableEntity) {
			return made.GetHTMLURL(), r.explain("opening a pull request from "+branch, err)
		}
		// Its answer was lost on the way, or another job was faster.
		if present, _ = r.Opened(ctx, branch, base); present == nil {
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

// Opened is the open pull request from the branch to the base, or nil.
func (r *Repository) Opened(ctx context.Context, branch, base string) (*github.PullRequest, error) {
	list, _, err := r.client.PullRequests.List(ctx, r.owner, r.name, &github.PullRequestListOptions{
		State: "open", Head: r.owner + ":" + branch, Base: base,
	})
	if err != nil || len(list) == 0 {
		return nil, r.explain("looking for the pull request from "+branch, err)
	}
	return list[0], nil
}
