package gitops

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-github/v89/github"
)

// PullRequest proposes the edit: a branch with one commit on top of the base, and a pull request, which is brought up to
// date where there is one.
func PullRequest(ctx context.Context, opts Options) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r, err := open(opts)
	if err != nil {
		return Result{}, err
	}
	d, err := r.draft(ctx)
	if err != nil || len(d.changes) == 0 || d.later != "" {
		return d.settled(), err
	}
	branch := opts.branch()
	if branch == opts.Place.Branch {
		return Result{}, fmt.Errorf("the pull request's branch %s is the branch that it is for; name another one in pull-request-branch", branch)
	}
	result, err := r.propose(ctx, branch, d)
	if err != nil || result.Later != "" {
		return result, err
	}
	result.PullRequest, err = r.request(ctx, branch, d.changes)
	return result, err
}

// propose leads the branch to one commit on top of the base. One that is there already is kept.
func (r *repository) propose(ctx context.Context, branch string, d draft) (Result, error) {
	old, err := r.head(ctx, branch)
	if err != nil {
		return Result{}, err
	}
	if old != "" {
		if result, err := r.standing(ctx, branch, old, d); err != nil || result != (Result{}) {
			return result, err
		}
	}
	return r.remake(ctx, branch, old, d)
}

// standing looks at what the branch holds. The result is zero where it has to be made anew.
func (r *repository) standing(ctx context.Context, branch, head string, d draft) (Result, error) {
	if head == d.head {
		return Result{}, nil
	}
	last, _, err := r.client.Git.GetCommit(ctx, r.owner, r.name, head)
	if err != nil {
		return Result{}, r.explain("reading branch "+branch, err)
	}
	mark, ours := ParseMark(last.GetMessage())
	switch {
	case isMerge(last.GetMessage()):
		return Result{}, nil
	case !ours:
		return Result{}, fmt.Errorf("branch %s of %s holds commits that are not of this tool, the last one %s; merge or delete the branch, or name another in pull-request-branch",
			branch, r.Place.Repository, last.GetHTMLURL())
	case mark.After(r.Mark):
		return Result{Later: last.GetHTMLURL()}, nil
	}
	if err := r.replaceable(ctx, branch, last.GetMessage()); err != nil {
		return Result{}, err
	}
	content, err := r.content(ctx, head)
	if err != nil || len(last.Parents) != 1 || last.Parents[0].GetSHA() != d.head || !bytes.Equal(content, d.edited) {
		return Result{}, err
	}
	return Result{SHA: head, URL: last.GetHTMLURL()}, nil
}

// replaceable is an error where an open pull request holds an image that this run does not set: another deploy of the
// same kustomization, which would be lost.
func (r *repository) replaceable(ctx context.Context, branch, message string) error {
	for image := range imagesOf(message) {
		if slices.Contains(r.Images, image) {
			continue
		}
		if present, err := r.opened(ctx, branch); err != nil || present != nil {
			return cmp.Or(err, fmt.Errorf("pull request %s is another deploy's, that of image %s; merge it first, or give each deploy a branch of its own with pull-request-branch",
				present.GetHTMLURL(), image))
		}
	}
	return nil
}

// workshop is how the branches begin on which commits are made. A push to one of them starts no deploy.
const workshop = "multiarch-deploy-run/"

// remake makes the commit in a workshop first, and then leads the real one there in one move: GitHub closes a
// pull request whose branch holds nothing new, be it for a moment.
func (r *repository) remake(ctx context.Context, branch, old string, d draft) (Result, error) {
	bench := fmt.Sprintf("%s%d-%s", workshop, r.Mark.Run, strings.ReplaceAll(branch, "/", "-"))
	defer func() {
		// A branch that is left behind does no harm, and the next attempt of this run takes it over.
		_, _ = r.client.Git.DeleteRef(context.WithoutCancel(ctx), r.owner, r.name, "heads/"+bench)
	}()
	result, err := r.commitFrom(ctx, bench, d)
	if isMoved(err) { // the answer to a first try was lost on the way
		result, err = r.commitFrom(ctx, bench, d)
	}
	if err != nil {
		return Result{}, err
	}
	if old == "" {
		return result, r.create(ctx, branch, result.SHA)
	}
	return result, r.move(ctx, branch, result.SHA)
}

// commitFrom commits the draft to a branch that is made for it, or was left behind.
func (r *repository) commitFrom(ctx context.Context, branch string, d draft) (Result, error) {
	if err := r.lead(ctx, branch, d.head); err != nil {
		return Result{}, err
	}
	return r.commit(ctx, branch, d)
}

// lead makes a branch point to a commit, whether it is there or not.
func (r *repository) lead(ctx context.Context, branch, sha string) error {
	err := r.create(ctx, branch, sha)
	if err != nil && strings.Contains(err.Error(), "Reference already exists") {
		return r.move(ctx, branch, sha)
	}
	return err
}

func (r *repository) create(ctx context.Context, branch, sha string) error {
	_, _, err := r.client.Git.CreateRef(ctx, r.owner, r.name, github.CreateRef{Ref: "refs/heads/" + branch, SHA: sha})
	return r.explain("creating branch "+branch, err)
}

func (r *repository) move(ctx context.Context, branch, sha string) error {
	_, _, err := r.client.Git.UpdateRef(ctx, r.owner, r.name, "heads/"+branch, github.UpdateRef{SHA: sha, Force: github.Ptr(true)})
	return r.explain("updating branch "+branch, err)
}

// request opens the pull request, or brings the one that is open up to date, and returns its URL.
func (r *repository) request(ctx context.Context, branch string, changes []Change) (string, error) {
	wanted := &github.NewPullRequest{
		Title: github.Ptr(r.message(changes).headline), Body: github.Ptr(r.body(changes)),
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
	if present.GetTitle() == wanted.GetTitle() && present.GetBody() == wanted.GetBody() {
		return present.GetHTMLURL(), nil
	}
	_, _, err = r.client.PullRequests.Edit(ctx, r.owner, r.name, present.GetNumber(), &github.PullRequest{Title: wanted.Title, Body: wanted.Body})
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
