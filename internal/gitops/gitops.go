// Package gitops records an edit of one file in its repository on GitHub: as a commit on a branch, or as a pull
// request. Everything goes through GitHub's API, so that GitHub itself signs the commit; no git is needed.
//
// The edit is made anew on the content of the branch at that moment, never copied from the checkout, so other people's
// changes to the file stay. What an edit is, the caller says.
package gitops

import (
	"context"
	"fmt"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/checkout"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/githubapi"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/message"
)

// Options say what to record, where, and with what.
type Options struct {
	Server githubapi.Server
	// Place is the file to edit, and the branch that the edit is for.
	Place checkout.Place
	// Edit makes the edit on the content of the file, and says what it changes: nothing where all is set already.
	Edit func(path string, content []byte) (edited []byte, changes []message.Change, err error)
	// Set sets images to references, by name, in the content of a file, as the edits of this tool do. By it the commits of
	// this tool are known.
	Set func(path string, content []byte, references map[string]string) ([]byte, error)
	// Seen is what the edit replaced in the checkout: image name -> references. An image that the branch has with
	// another reference was changed since.
	Seen map[string][]string
	// Images are the names of all images that this run sets.
	Images []string
	// Message is the commit message. The first line is also the pull request's title.
	Message message.Template
	// Branch is the branch of the pull request.
	Branch message.Template
	// Fields are the values of the templates' placeholders.
	Fields message.Fields
	// Mark says which run this is.
	Mark message.Mark
	// Details are for the text of the pull request, in Markdown.
	Details string
	// Say reports what is going on.
	Say func(format string, args ...any)
}

// Result is what came of it. It is the zero value where there was nothing to do.
type Result struct {
	// SHA of the commit with the edit, and URL of its page.
	SHA, URL string
	// PullRequest is the URL of the pull request's page.
	PullRequest string
	// Later is the page of a later deploy's commit, where the branch has one: then nothing was done.
	Later string
}

// limit bounds all that is asked of GitHub, waiting included.
const limit = 10 * time.Minute

// attempts is how often a commit is tried on a branch that moves meanwhile.
const attempts = 5

// Check reads the file on its branch. What keeps GitHub from showing it, a token or a branch that is none, also keeps
// the edit from being recorded, and is better known before anything is deployed. Whether the branch may be written to,
// GitHub says only to those who write.
func Check(ctx context.Context, server githubapi.Server, place checkout.Place) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r, err := open(Options{Server: server, Place: place})
	if err != nil {
		return err
	}
	_, _, err = r.read(ctx)
	return err
}

// Commit commits the edit to the branch. When the branch moves meanwhile, the edit is made again on its content then.
func Commit(ctx context.Context, opts Options) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r, err := open(opts)
	if err != nil {
		return Result{}, err
	}
	for range attempts {
		draft, err := r.draft(ctx)
		if err != nil || len(draft.changes) == 0 || draft.later != "" {
			return draft.nothingToCommit(), err
		}
		result, err := r.record(ctx, opts.Place.Branch, draft.head, r.message(draft.changes), r.filesOf(draft))
		if !githubapi.IsMoved(err) {
			return result, err
		}
		opts.Say("branch %s has moved, so the edit is made again on its content now", opts.Place.Branch)
	}
	return Result{}, fmt.Errorf("committing to %s: the branch moved %d times while this was tried; "+
		"let fewer jobs commit to it at once, with a concurrency group, or set commit to pull-request",
		opts.Place, attempts)
}
