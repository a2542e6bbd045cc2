package gitops

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/checkout"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/message"
)

// Event is what started a run.
// https://docs.github.com/webhooks/webhook-events-and-payloads
type Event struct {
	// Name and Payload are those of GITHUB_EVENT_NAME and GITHUB_EVENT_PATH; no payload is no event.
	Name    string
	Payload []byte
	// Repository is the OWNER/NAME that it is about, GITHUB_REPOSITORY.
	Repository string
}

// Own reports whether what started a run is nothing but what this tool has committed, merged or not. A push with the
// job's own token starts no workflow (https://docs.github.com/actions/concepts/security/github_token), but one with an
// app's token does, and so does a merged pull request: to deploy that again would commit a new SHA, and so on for ever.
//
// Messages say which commits may be ours; what GitHub says has changed decides. Of the options, Server and Set are
// needed. A token that does not see the event's repository finds nothing of ours there.
func Own(ctx context.Context, event Event, opts Options) (bool, error) {
	return event.isOf(ctx, opts, (*repository).onlyImages)
}

// OwnFiles is Own for runs that record an edit of files: they do nothing where what started them is nothing but such
// edits of the same files. Of the edit, Server, Place, Others and Ours are needed.
func OwnFiles(ctx context.Context, event Event, f Files) (bool, error) {
	if event.Repository != f.Place.Repository {
		return false, nil
	}
	return event.isOf(ctx, Options{Server: f.Server}, func(r *repository, ctx context.Context, c change) (bool, error) {
		compared, err := r.CompareKnown(ctx, c.base, c.head)
		if err != nil || compared == nil {
			return false, err
		}
		now, err := r.files(ctx, f.paths(), c.head)
		if err != nil {
			return false, err
		}
		return r.onlyFiles(ctx, f, compared, now)
	})
}

// isOf reports whether the event is about nothing but commits of ours, of which each does only what such a commit may.
func (e Event) isOf(ctx context.Context, opts Options,
	does func(*repository, context.Context, change) (bool, error)) (bool, error) {
	change, claimed, err := e.change()
	if err != nil || !claimed || change.scratch {
		return change.scratch, err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	opts.Place = checkout.Place{Repository: e.Repository}
	r, err := open(opts)
	if err != nil {
		return false, err
	}
	return does(r, ctx, change)
}

// change goes from one commit to another.
type change struct {
	// base is "" for the parent of head.
	base, head string
	// scratch: it is a push to a branch on which this tool makes commits.
	scratch bool
}

// change is what the event is about, and whether the messages say that all of it is ours.
func (e Event) change() (change, bool, error) {
	var event struct {
		push
		WorkflowRun struct {
			HeadCommit pushed `json:"head_commit"`
		} `json:"workflow_run"`
		PullRequest struct {
			Body       string
			Commits    int
			Base, Head struct{ SHA string }
		} `json:"pull_request"`
	}
	if len(e.Payload) == 0 {
		return change{}, false, nil
	}
	if err := json.Unmarshal(e.Payload, &event); err != nil {
		return change{}, false, fmt.Errorf("reading the payload of the event that started this run: %w", err)
	}
	switch e.Name {
	case "push":
		c, claimed := event.claim()
		return c, claimed, nil
	case "workflow_run":
		head := event.WorkflowRun.HeadCommit
		return change{head: head.ID}, head.ours(), nil
	case "pull_request", "pull_request_target":
		p := event.PullRequest
		_, marked := message.ParseMark(p.Body)
		return change{base: p.Base.SHA, head: p.Head.SHA}, marked && p.Commits == 1, nil // a second one is a person's
	}
	return change{}, false, nil
}

type push struct {
	Ref             string
	Before, After   string
	Created, Forced bool
	Commits         []pushed
	HeadCommit      pushed `json:"head_commit"`
}

// claim is what was pushed, and whether there is a commit of ours in it, and else nothing but merges.
func (p push) claim() (change, bool) {
	switch {
	case strings.HasPrefix(p.Ref, "refs/heads/"+scratch):
		return change{scratch: true}, true
	case p.Created, p.Forced: // the commits may include some of the branch that it starts from
		return change{head: p.HeadCommit.ID}, p.HeadCommit.ours()
	}
	other := func(c pushed) bool { return !c.ours() && !message.IsMerge(c.Message) }
	return change{base: p.Before, head: p.After}, slices.ContainsFunc(p.Commits, pushed.ours) &&
		!slices.ContainsFunc(p.Commits, other)
}

type pushed struct{ ID, Message string }

func (c pushed) ours() bool {
	_, marked := message.ParseMark(c.Message)
	return marked
}

// PullRequestNumber is that of the pull request which the event is about, or 0.
func (e Event) PullRequestNumber() int {
	var event struct {
		Number      int
		PullRequest *struct{ Number int } `json:"pull_request"`
	}
	if err := json.Unmarshal(e.Payload, &event); err != nil || event.PullRequest == nil {
		return 0
	}
	return event.PullRequest.Number
}
