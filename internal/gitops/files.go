package gitops

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/checkout"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/githubapi"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/message"
)

// Files is an edit of several files of a repository, which sets no images: what a later deploy applies.
type Files struct {
	Server githubapi.Server
	// Place is the branch that the edit is for, and the first of its files, which must be there.
	Place checkout.Place
	// Others are further files of the edit, by their paths in the repository.
	Others []string
	// Edit returns what the files contain after the edit. A file without content is none: that of one that is not there
	// is nil, and one that is to go becomes nil.
	Edit func(files map[string][]byte) (edited map[string][]byte, err error)
	// Ours reports whether the change from one content to the other is all by such edits.
	Ours func(before, after map[string][]byte) bool
	// Headline is the commit message's first line and the title of the pull request. Text is the rest of the message.
	Headline, Text string
	// Branch is that of the pull request, Body its text in Markdown, and Foot the end of it, which says what run this is.
	Branch, Body, Foot string
	// Mark says which run this is.
	Mark message.Mark
	// Say reports what is going on.
	Say func(format string, args ...any)
}

// filesEdit is the edit, made on the content of the branch.
type filesEdit struct {
	head   string
	before map[string][]byte
	after  map[string][]byte
}

// none: the branch has it already.
func (e filesEdit) none() bool { return maps.EqualFunc(e.before, e.after, bytes.Equal) }

// CommitFiles commits the edit to the branch. When the branch moves meanwhile, the edit is made again on its content
// then.
func CommitFiles(ctx context.Context, f Files) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r, err := open(Options{Server: f.Server, Place: f.Place, Mark: f.Mark})
	if err != nil {
		return Result{}, err
	}
	for range attempts {
		e, later, err := r.editFiles(ctx, f)
		if err != nil || later != "" || e.none() {
			return Result{Later: later}, err
		}
		result, err := r.record(ctx, f.Place.Branch, e.head, f.message(), e.changes())
		if !githubapi.IsMoved(err) {
			return result, err
		}
		f.Say("branch %s has moved, so the edit is made again on its content now", f.Place.Branch)
	}
	return Result{}, fmt.Errorf("committing to %s: the branch moved %d times while this was tried; let fewer jobs "+
		"commit to it at once, with a concurrency group, or set commit to pull-request", f.Place, attempts)
}

// ProposeFiles proposes the edit: a branch with one commit on top of the base, and a pull request, which is brought up
// to date where there is one.
func ProposeFiles(ctx context.Context, f Files) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	f.Branch = message.BranchName(f.Branch)
	r, err := open(Options{Server: f.Server, Place: f.Place, Mark: f.Mark})
	if err != nil {
		return Result{}, err
	}
	e, later, err := r.editFiles(ctx, f)
	if err != nil || later != "" {
		return Result{Later: later}, err
	}
	if e.none() {
		return Result{}, r.needless(ctx, f)
	}
	if f.Branch == f.Place.Branch {
		return Result{}, sameBranch(f.Branch)
	}
	result, err := r.proposeFiles(ctx, f, e)
	if err != nil || result.Later != "" {
		return result, err
	}
	foot := f.Foot + "\n" + f.Mark.String() + "\n"
	result.PullRequest, err = r.Request(ctx, f.Branch, f.Place.Branch, f.Headline, f.Body, foot)
	return result, err
}

// needless says which open pull request proposes what the base needs no more. It is closed by people: it may hold what
// they have put there.
func (r *repository) needless(ctx context.Context, f Files) error {
	present, err := r.Opened(ctx, f.Branch, f.Place.Branch)
	if err == nil && present != nil {
		f.Say("%s proposes what is no longer needed; close it", present.GetHTMLURL())
	}
	return err
}

// editFiles makes the edit on the content of the branch. Of two runs the one that was started later stays: later is the
// page of its commit.
func (r *repository) editFiles(ctx context.Context, f Files) (e filesEdit, later string, err error) {
	if e.head, _, err = r.read(ctx); err != nil {
		return e, "", err
	}
	if e.before, err = r.files(ctx, f.paths(), e.head); err != nil {
		return e, "", err
	}
	for _, path := range f.Others {
		commits, err := r.History(ctx, path, e.head)
		if err != nil {
			return e, "", err
		}
		for _, c := range commits {
			if mark, ours := message.ParseMark(c.Message); ours && mark.After(f.Mark) {
				return e, c.URL, nil
			}
		}
	}
	if e.after, err = f.Edit(maps.Clone(e.before)); err != nil {
		return e, "", fmt.Errorf("editing the files on %s: %w", r.Place, err)
	}
	return e, "", nil
}

func (f Files) paths() []string { return append([]string{f.Place.Path}, f.Others...) }

func (f Files) message() message.Message {
	return message.Message{Headline: f.Headline, Body: f.Text + "\n\n" + f.Mark.String()}
}

// files are the contents of files at a commit; nil for those that are not there.
func (r *repository) files(ctx context.Context, paths []string, sha string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, path := range paths {
		content, err := r.File(ctx, path, sha)
		if err != nil {
			return nil, err
		}
		files[path] = content
	}
	return files, nil
}

// changes are the files that the edit changes.
func (e filesEdit) changes() githubapi.Files {
	var input githubapi.Files
	for _, path := range slices.Sorted(maps.Keys(e.after)) {
		switch content := e.after[path]; {
		case bytes.Equal(content, e.before[path]):
		case content == nil:
			input.Deletions = append(input.Deletions, githubapi.Deletion{Path: path})
		default:
			input.Additions = append(input.Additions, githubapi.Addition{Path: path, Contents: content})
		}
	}
	return input
}

// proposeFiles leads the pull request's branch to one commit on top of the base. One that is there already is kept,
// and so is whatever another than this tool has put there.
func (r *repository) proposeFiles(ctx context.Context, f Files, e filesEdit) (Result, error) {
	head, err := r.Head(ctx, f.Branch)
	if err != nil {
		return Result{}, err
	}
	if head != "" && head != e.head {
		if result, err := r.existingFiles(ctx, f, e, head); err != nil || result != (Result{}) {
			return result, err
		}
	}
	return r.remake(ctx, f.Branch, e.head, f.message(), e.changes())
}

// existingFiles looks at what the branch has beyond the base. The result is zero where it has to be made anew.
func (r *repository) existingFiles(ctx context.Context, f Files, e filesEdit, head string) (Result, error) {
	compared, err := r.Compare(ctx, e.head, head, "comparing the pull request's branch with its base")
	if err != nil {
		return Result{}, err
	}
	commits := compared.Commits
	for _, c := range commits {
		switch mark, ours := message.ParseMark(c.Message); {
		case !ours && !message.IsMerge(c.Message):
			return Result{}, r.foreign(f.Branch, c)
		case mark.After(f.Mark):
			return Result{Later: c.URL}, nil
		}
	}
	now, err := r.files(ctx, f.paths(), head)
	if err != nil {
		return Result{}, err
	}
	if ours, err := r.onlyFiles(ctx, f, compared, now); len(commits) > 0 && (err != nil || !ours) {
		return Result{}, cmp.Or(err, r.foreign(f.Branch, commits[len(commits)-1]))
	}
	if len(commits) == 1 && compared.Behind == 0 && maps.EqualFunc(now, e.after, bytes.Equal) {
		return Result{SHA: head, URL: commits[0].URL}, nil
	}
	return Result{}, nil
}

// onlyFiles reports whether a comparison has nothing but edits of this kind.
func (r *repository) onlyFiles(ctx context.Context, f Files, compared *githubapi.Comparison,
	now map[string][]byte) (bool, error) {
	for _, file := range compared.Files {
		if !slices.Contains(f.paths(), file.Name) {
			return false, nil
		}
	}
	base, err := r.files(ctx, f.paths(), compared.Base)
	return err == nil && f.Ours(base, now), err
}
