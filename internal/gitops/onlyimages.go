package gitops

import (
	"bytes"
	"context"
	"maps"
	"net/http"

	"github.com/google/go-github/v89/github"
)

// maxFiles bounds how many changed files are read. This tool changes one in each commit.
const maxFiles = 20

// comparisonOf is what GitHub says of a change. It is nil where there is nothing to say: a commit that GitHub does not
// know is none of ours.
func (r *repository) comparisonOf(ctx context.Context, c change) (*github.CommitsComparison, error) {
	if c.base == "" {
		parent, err := r.parent(ctx, c.head)
		if err != nil || parent == "" {
			return nil, err
		}
		c.base = parent
	}
	comparison, _, err := r.client.Repositories.CompareCommits(ctx, r.owner, r.name, c.base, c.head, nil)
	if isStatus(err, http.StatusNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, r.explain("comparing "+c.base+" with "+c.head, err)
	}
	return comparison, nil
}

// onlyImages reports whether a change does nothing but what this tool writes in a commit of images.
func (r *repository) onlyImages(ctx context.Context, c change) (bool, error) {
	comparison, err := r.comparisonOf(ctx, c)
	if err != nil || comparison == nil {
		return false, err
	}
	return r.setsOnly(ctx, comparison, c.head)
}

// setsOnly reports whether a comparison with head has nothing but what this tool writes: the references that the
// messages of its commits name, in files that were there before. Everything else in it would not be deployed, or be
// lost, were the messages believed.
func (r *repository) setsOnly(ctx context.Context, comparison *github.CommitsComparison, head string) (bool, error) {
	references := map[string]string{}
	for _, e := range entries(comparison.Commits) {
		maps.Copy(references, imagesOf(e.message))
	}
	if len(comparison.Files) > maxFiles || len(references) == 0 {
		return false, nil
	}
	for _, file := range comparison.Files {
		if file.GetStatus() != "modified" {
			return false, nil
		}
		before, err := r.file(ctx, file.GetFilename(), comparison.GetMergeBaseCommit().GetSHA())
		if err != nil || before == nil {
			return false, err
		}
		after, err := r.file(ctx, file.GetFilename(), head)
		if err != nil || after == nil {
			return false, err
		}
		edited, err := r.Set(file.GetFilename(), before, references)
		if err != nil || !bytes.Equal(edited, after) {
			return false, nil //nolint:nilerr // a file that can't be edited so was not edited so
		}
	}
	return true, nil
}

// parent is the first parent of a commit; "" where it has none, or is not known.
func (r *repository) parent(ctx context.Context, sha string) (string, error) {
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

// file is what a file contains at a commit; nil where there is none of the name.
func (r *repository) file(ctx context.Context, path, sha string) ([]byte, error) {
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
