package githubapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/go-github/v89/github"
)

// Comparison is what is between two commits.
type Comparison struct {
	Commits []Entry
	Files   []ChangedFile
	// Base is the last commit that both have, Behind how many the first one has beyond it.
	Base   string
	Behind int
}

// ChangedFile is one that a comparison lists. Modified: it was there before and is there now, under the same name.
type ChangedFile struct {
	Name     string
	Modified bool
}

// Compare says what head has beyond base. Doing is for the error.
func (r *Repository) Compare(ctx context.Context, base, head, doing string) (*Comparison, error) {
	found, _, err := r.client.Repositories.CompareCommits(ctx, r.owner, r.name, base, head, nil)
	if err != nil {
		return nil, r.explain(doing, err)
	}
	c := &Comparison{Commits: entries(found.Commits), Base: found.GetMergeBaseCommit().GetSHA(),
		Behind: found.GetBehindBy()}
	for _, file := range found.Files {
		c.Files = append(c.Files, ChangedFile{file.GetFilename(), file.GetStatus() == "modified"})
	}
	return c, nil
}

// CompareKnown is Compare for commits that may not be in the repository: nil where one is not. Base is "" for the
// parent of head.
func (r *Repository) CompareKnown(ctx context.Context, base, head string) (*Comparison, error) {
	if base == "" {
		parent, err := r.parent(ctx, head)
		if err != nil || parent == "" {
			return nil, err
		}
		base = parent
	}
	c, err := r.Compare(ctx, base, head, "comparing "+base+" with "+head)
	if isStatus(err, http.StatusNotFound) {
		return nil, nil
	}
	return c, err
}

// parent is the first parent of a commit; "" where it has none, or is not known.
func (r *Repository) parent(ctx context.Context, sha string) (string, error) {
	commit, _, err := r.client.Repositories.GetCommit(ctx, r.owner, r.name, sha, nil)
	if isStatus(err, http.StatusNotFound) || isStatus(err, http.StatusUnprocessableEntity) {
		return "", nil
	}
	if err != nil {
		return "", r.explain("reading commit "+sha, err)
	}
	if len(commit.Parents) == 0 {
		return "", nil
	}
	return commit.Parents[0].GetSHA(), nil
}

func isStatus(err error, status int) bool {
	var refused *github.ErrorResponse
	return errors.As(err, &refused) && refused.Response.StatusCode == status
}
