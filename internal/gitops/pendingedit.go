package gitops

import (
	"context"
	"fmt"
	"slices"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/githubapi"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/message"
)

// draft is the edit, made on the content of the branch.
type draft struct {
	// head is the commit that the branch pointed to.
	head    string
	edited  []byte
	changes []message.Change
	// done is the commit where this very run has made the edit before: its answer was lost on the way.
	done Result
	// later is the page of a later run's commit.
	later string
}

// nothingToCommit is the result where there is nothing to commit.
func (d draft) nothingToCommit() Result {
	if d.later != "" {
		return Result{Later: d.later}
	}
	return d.done
}

// draft makes the edit on the content of the branch, unless a later deploy has been recorded there.
func (r *repository) draft(ctx context.Context) (draft, error) {
	head, content, err := r.read(ctx)
	if err != nil {
		return draft{}, err
	}
	d := draft{head: head}
	if d.edited, d.changes, err = r.Edit(r.Place.Path, content); err != nil {
		return draft{}, fmt.Errorf("editing the file on %s: %w", r.Place, err)
	}
	return d, r.compareRuns(ctx, &d)
}

// compareRuns looks at who wrote the file last. Of two deploys of an image, the one that was started later stays,
// whichever gets here first; what a person wrote after this run began is never overwritten.
func (r *repository) compareRuns(ctx context.Context, d *draft) error {
	history, err := r.History(ctx, r.Place.Path, d.head)
	if err != nil || len(history) == 0 {
		return err
	}
	if last := history[0]; len(d.changes) == 0 {
		if mark, ours := message.ParseMark(last.Message); ours && mark == r.Mark {
			d.done = Result{SHA: last.SHA, URL: last.URL}
		}
		return nil
	}
	for _, c := range d.changes {
		if d.later, err = r.laterThan(ctx, c, history); err != nil || d.later != "" {
			return err
		}
		if err := r.untouched(c, history); err != nil {
			return err
		}
	}
	return nil
}

// laterThan is the page of a later run's commit that set the image too, or "".
func (r *repository) laterThan(ctx context.Context, c message.Change, history []githubapi.Entry) (string, error) {
	for _, e := range history {
		mark, ours := message.ParseMark(e.Message)
		if _, set := message.ImagesOf(e.Message)[c.Name]; !ours || !set || !mark.After(r.Mark) {
			continue
		}
		if only, err := r.onlyImages(ctx, change{head: e.SHA}); err != nil || only {
			return e.URL, err
		}
	}
	return "", nil
}

// untouched is an error where the image has another reference than this run saw, and no deploy has set that.
func (r *repository) untouched(c message.Change, history []githubapi.Entry) error {
	deployed := func(e githubapi.Entry) bool { return message.ImagesOf(e.Message)[c.Name] == c.Before }
	seen := r.Seen[c.Name]
	if len(seen) == 0 || slices.Contains(seen, c.Before) || slices.ContainsFunc(history, deployed) {
		return nil
	}
	return fmt.Errorf("editing the file on %s: image %s was set to %q there after this run began, which would set it "+
		"to %q; see %s, "+
		"and run the workflow again on the branch as it is now, if that is what you "+
		"want", r.Place, c.Name, c.Before, c.After, history[0].URL)
}
