// Package githubapi reads a repository through GitHub's API, and writes commits, branches, pull requests and comments.
// Its errors say what was being done, what GitHub says of it, and what to do about that.
package githubapi

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v89/github"
)

// Server is where GitHub's API answers, and who asks.
type Server struct {
	// API is the address of the REST API, such as https://api.github.com, GraphQL that of the GraphQL API.
	API, GraphQL string
	Token        string
	Transport    http.RoundTripper
}

// Repository is a repository, reached through GitHub's API.
type Repository struct {
	client *github.Client
	server Server
	// repository is OWNER/NAME.
	repository, owner, name string
}

// Open returns the repository OWNER/NAME. Nothing is asked of GitHub yet.
func Open(server Server, repository string) (*Repository, error) {
	owner, name, ok := strings.Cut(repository, "/")
	if !ok {
		return nil, fmt.Errorf("the repository %q is not OWNER/NAME", repository)
	}
	client, err := newClient(server)
	if err != nil {
		return nil, err
	}
	return &Repository{client: client, server: server, repository: repository, owner: owner, name: name}, nil
}

// Head is the commit that a branch points to, or "" where there is no such branch.
func (r *Repository) Head(ctx context.Context, branch string) (string, error) {
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
func (r *Repository) exists(ctx context.Context) error {
	_, _, err := r.client.Repositories.Get(ctx, r.owner, r.name)
	return r.explain("reading the repository", err)
}

// Entry is a commit in a history.
type Entry struct{ SHA, URL, Message string }

// historyLength is how many commits of the file are looked at: more than are made while a deploy runs.
const historyLength = 20

// History are the last commits before head that changed the file, the newest first.
func (r *Repository) History(ctx context.Context, path, head string) ([]Entry, error) {
	commits, _, err := r.client.Repositories.ListCommits(ctx, r.owner, r.name, &github.CommitsListOptions{
		SHA: head, Path: path, ListOptions: github.ListOptions{PerPage: historyLength},
	})
	if err != nil {
		return nil, r.explain("reading the history of "+path, err)
	}
	return entries(commits), nil
}

func entries(commits []*github.RepositoryCommit) []Entry {
	var list []Entry
	for _, c := range commits {
		list = append(list, Entry{c.GetSHA(), c.GetHTMLURL(), c.GetCommit().GetMessage()})
	}
	return list
}

// File is what a file contains at a commit; nil where there is none of the name.
func (r *Repository) File(ctx context.Context, path, sha string) ([]byte, error) {
	found, _, _, err := r.client.Repositories.GetContents(ctx, r.owner, r.name, path,
		&github.RepositoryContentGetOptions{Ref: sha})
	if isStatus(err, http.StatusNotFound) || err == nil && found == nil {
		return nil, nil
	}
	if err != nil {
		return nil, r.explain("reading "+path, err)
	}
	text, err := found.GetContent()
	if err != nil {
		return nil, nil //nolint:nilerr // a submodule, or a file that is too big to be a kustomization
	}
	return append([]byte{}, text...), nil
}
