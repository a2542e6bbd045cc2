package githubapi

import (
	"context"
	"strings"

	"github.com/google/go-github/v89/github"
)

// Lead makes a branch point to a commit, whether it is there or not.
func (r *Repository) Lead(ctx context.Context, branch, sha string) error {
	_, _, err := r.client.Git.CreateRef(ctx, r.owner, r.name, github.CreateRef{Ref: "refs/heads/" + branch, SHA: sha})
	if err != nil && strings.Contains(err.Error(), "Reference already exists") {
		_, _, err = r.client.Git.UpdateRef(ctx, r.owner, r.name, "heads/"+branch,
			github.UpdateRef{SHA: sha, Force: github.Ptr(true)})
	}
	return r.explain("updating branch "+branch, err)
}

// Remove removes a branch, if it can.
func (r *Repository) Remove(ctx context.Context, branch string) {
	_, _ = r.client.Git.DeleteRef(ctx, r.owner, r.name, "heads/"+branch)
}
