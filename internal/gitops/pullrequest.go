package gitops

import (
	"context"
	"fmt"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/message"
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
	branch := opts.Branch.ExpandBranch(opts.Fields)
	if branch == opts.Place.Branch {
		return Result{}, sameBranch(branch)
	}
	result, err := r.propose(ctx, branch, d)
	if err != nil || result.Later != "" {
		return result, err
	}
	result.PullRequest, err = r.Request(ctx, branch, r.Place.Branch, r.message(d.changes).Headline,
		message.Body(d.changes, r.Details, r.Mark), "")
	return result, err
}

func sameBranch(branch string) error {
	return fmt.Errorf("the pull request's branch %s is the branch that it is for; name another one in "+
		"pull-request-branch", branch)
}
