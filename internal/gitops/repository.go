package gitops

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v89/github"
)

// repository is the one that the options name, reached through GitHub's API.
type repository struct {
	Options
	client      *github.Client
	owner, name string
}

func open(opts Options) (*repository, error) {
	owner, name, ok := strings.Cut(opts.Place.Repository, "/")
	if !ok {
		return nil, fmt.Errorf("the repository %q is not OWNER/NAME", opts.Place.Repository)
	}
	client, err := newClient(opts.Server)
	if err != nil {
		return nil, err
	}
	return &repository{Options: opts, client: client, owner: owner, name: name}, nil
}

// read is the commit that the place's branch points to, and what the file contains there.
func (r *repository) read(ctx context.Context) (head string, content []byte, err error) {
	head, err = r.head(ctx, r.Place.Branch)
	if err != nil {
		return "", nil, err
	}
	if head == "" {
		return "", nil, fmt.Errorf("reading %s: there is no such branch; push it first, or name another in "+
			"commit-branch", r.Place)
	}
	content, err = r.content(ctx, head)
	return head, content, err
}

// head is the commit that a branch points to, or "" where there is no such branch.
func (r *repository) head(ctx context.Context, branch string) (string, error) {
	ref, _, err := r.client.Git.GetRef(ctx, r.owner, r.name, "heads/"+branch)
	if isStatus(err, http.StatusNotFound) {
		return "", r.exists(ctx)
	}
	if err != nil {
		return "", r.explain("reading branch "+branch, err)
	}
	return ref.GetObject().GetSHA(), nil
}

// exists distinguishes a missing repository from a missing branch, which GitHub answers alike.
func (r *repository) exists(ctx context.Context) error {
	_, _, err := r.client.Repositories.Get(ctx, r.owner, r.name)
	return r.explain("reading the repository", err)
}

// content is what the place's file contains at a commit.
func (r *repository) content(ctx context.Context, sha string) ([]byte, error) {
	content, err := r.file(ctx, r.Place.Path, sha)
	if err == nil && content == nil {
		err = fmt.Errorf("reading %s of %s: it is not there; commit the kustomization to that branch "+
			"first", r.Place.Path, r.Place)
	}
	return content, err
}

// entry is a commit in a history.
type entry struct{ sha, url, message string }

// historyLength is how many commits of the file are looked at: more than are made while a deploy runs.
const historyLength = 20

// history are the last commits before head that changed the file, the newest first.
func (r *repository) history(ctx context.Context, head string) ([]entry, error) {
	return r.historyOf(ctx, r.Place.Path, head)
}

func (r *repository) historyOf(ctx context.Context, path, head string) ([]entry, error) {
	commits, _, err := r.client.Repositories.ListCommits(ctx, r.owner, r.name, &github.CommitsListOptions{
		SHA: head, Path: path, ListOptions: github.ListOptions{PerPage: historyLength},
	})
	if err != nil {
		return nil, r.explain("reading the history of "+path, err)
	}
	return entries(commits), nil
}

func entries(commits []*github.RepositoryCommit) []entry {
	var list []entry
	for _, c := range commits {
		list = append(list, entry{c.GetSHA(), c.GetHTMLURL(), c.GetCommit().GetMessage()})
	}
	return list
}

func isStatus(err error, status int) bool {
	var refused *github.ErrorResponse
	return errors.As(err, &refused) && refused.Response.StatusCode == status
}
