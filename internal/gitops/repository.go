package gitops

import (
	"context"
	"fmt"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/githubapi"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/message"
)

// repository is the one that the options name.
type repository struct {
	Options
	*githubapi.Repository
}

func open(opts Options) (*repository, error) {
	reached, err := githubapi.Open(opts.Server, opts.Place.Repository)
	if err != nil {
		return nil, err
	}
	return &repository{Options: opts, Repository: reached}, nil
}

// read is the commit that the place's branch points to, and what the file contains there.
func (r *repository) read(ctx context.Context) (head string, content []byte, err error) {
	head, err = r.Head(ctx, r.Place.Branch)
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

// content is what the place's file contains at a commit.
func (r *repository) content(ctx context.Context, sha string) ([]byte, error) {
	content, err := r.File(ctx, r.Place.Path, sha)
	if err == nil && content == nil {
		err = fmt.Errorf("reading %s of %s: it is not there; commit the kustomization to that branch "+
			"first", r.Place.Path, r.Place)
	}
	return content, err
}

// message is the commit message of changes.
func (r *repository) message(changes []message.Change) message.Message {
	return message.New(r.Message, r.Fields, changes, r.Mark)
}

// record commits files to a branch that points to head.
func (r *repository) record(ctx context.Context, branch, head string, text message.Message,
	files githubapi.Files) (Result, error) {
	made, err := r.Commit(ctx, branch, head, text.Headline, text.Body, files)
	return Result{SHA: made.SHA, URL: made.URL}, err
}

// filesOf is what the draft changes.
func (r *repository) filesOf(d draft) githubapi.Files {
	return githubapi.Files{Additions: []githubapi.Addition{{Path: r.Place.Path, Contents: d.edited}}}
}
