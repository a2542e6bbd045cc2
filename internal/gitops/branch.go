package gitops

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/githubapi"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/message"
)

// propose leads the branch to one commit on top of the base. One that is there already is kept.
func (r *repository) propose(ctx context.Context, branch string, d draft) (Result, error) {
	head, err := r.Head(ctx, branch)
	if err != nil {
		return Result{}, err
	}
	if head != "" && head != d.head {
		if result, err := r.existing(ctx, branch, head, d); err != nil || result != (Result{}) {
			return result, err
		}
	}
	return r.remake(ctx, branch, d.head, r.message(d.changes), r.filesOf(d))
}

// existing looks at what the branch has beyond the base. The result is zero where the branch has to be made anew.
func (r *repository) existing(ctx context.Context, branch, head string, d draft) (Result, error) {
	compared, err := r.Compare(ctx, d.head, head, "comparing the pull request's branch with its base")
	if err != nil {
		return Result{}, err
	}
	commits := compared.Commits
	for _, c := range commits {
		switch mark, ours := message.ParseMark(c.Message); {
		case !ours && !message.IsMerge(c.Message):
			return Result{}, r.foreign(branch, c)
		case mark.After(r.Mark):
			return Result{Later: c.URL}, nil
		}
		if err := r.replaceable(ctx, branch, c); err != nil {
			return Result{}, err
		}
	}
	if only, err := r.setsOnly(ctx, compared, head); len(commits) > 0 && (err != nil || !only) {
		return Result{}, cmp.Or(err, r.foreign(branch, commits[len(commits)-1]))
	}
	content, err := r.content(ctx, head)
	if err != nil || len(commits) != 1 || compared.Behind > 0 || !bytes.Equal(content, d.edited) {
		return Result{}, err
	}
	return Result{SHA: head, URL: commits[0].URL}, nil
}

// foreign is the error about what would be lost.
func (r *repository) foreign(branch string, c githubapi.Entry) error {
	return fmt.Errorf("branch %s of %s contains changes that are not of this tool, see %s; merge or delete the branch, "+
		"or name another in pull-request-branch",
		branch, r.Place.Repository, c.URL)
}

// replaceable is an error where an open pull request sets an image that this run does not set: another deploy of the
// same kustomization, which would be lost.
func (r *repository) replaceable(ctx context.Context, branch string, c githubapi.Entry) error {
	for image := range message.ImagesOf(c.Message) {
		if slices.Contains(r.Images, image) {
			continue
		}
		if present, err := r.Opened(ctx, branch, r.Place.Branch); err != nil || present != nil {
			return cmp.Or(err, fmt.Errorf("pull request %s is another deploy's, that of image %s; merge it first, or give "+
				"each deploy a branch of its own with pull-request-branch",
				present.GetHTMLURL(), image))
		}
	}
	return nil
}

// scratch is how the branches begin on which commits are made. A push to one of them starts no deploy.
const scratch = "multiarch-deploy-run/"

// remake makes the commit in a scratch first, and then leads the real one there in one move: GitHub closes a
// pull request whose branch has nothing new, be it for a moment (https://github.com/DataDog/dd-trace-rb/pull/6204).
func (r *repository) remake(ctx context.Context, branch, base string, text message.Message,
	files githubapi.Files) (Result, error) {
	temporary := fmt.Sprintf("%s%d-%s", scratch, r.Mark.Run, strings.ReplaceAll(branch, "/", "-"))
	// A branch that is left behind does no harm, and the next attempt of this run takes it over.
	defer r.Remove(context.WithoutCancel(ctx), temporary)
	result, err := r.commitFrom(ctx, temporary, base, text, files)
	if githubapi.IsMoved(err) { // the answer to a first try was lost on the way
		result, err = r.commitFrom(ctx, temporary, base, text, files)
	}
	if err != nil {
		return Result{}, err
	}
	return result, r.Lead(ctx, branch, result.SHA)
}

// commitFrom commits files on top of a base, to a branch that is made for it, or was left behind.
func (r *repository) commitFrom(ctx context.Context, branch, base string, text message.Message,
	files githubapi.Files) (Result, error) {
	if err := r.Lead(ctx, branch, base); err != nil {
		return Result{}, err
	}
	return r.record(ctx, branch, base, text, files)
}
