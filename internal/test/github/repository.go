package github

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Protection says why a branch can't be pushed to.
type Protection string

// The two ways to protect a branch: the older one, and a ruleset. Their errors differ.
const (
	Classic Protection = "classic"
	Ruleset Protection = "ruleset"
)

// Repository is one repository of a Hub. Its exported fields are for a test to set before the first request.
type Repository struct {
	// Name is OWNER/NAME.
	Name     string
	Archived bool
	// ActionsMayOpen is the setting "Allow GitHub Actions to create and approve pull requests".
	ActionsMayOpen bool
	// Protected branches take changes by pull request alone.
	Protected map[string]Protection

	page    string
	mu      sync.Mutex
	commits map[string]*Commit
	refs    map[string]string
	pulls   []*Pull
	// comments are those of all pull requests. The ID of each is its place, from 1.
	comments []*Comment
	pushes   []Push
}

// Push is what a workflow gets to know of a push, in GITHUB_EVENT_PATH. The files of each commit, which webhooks get,
// are left out there: https://docs.github.com/webhooks/webhook-events-and-payloads#push
type Push struct {
	Ref        string       `json:"ref"`
	Before     string       `json:"before"`
	After      string       `json:"after"`
	Created    bool         `json:"created"`
	Forced     bool         `json:"forced"`
	Commits    []PushCommit `json:"commits"`
	HeadCommit PushCommit   `json:"head_commit"`
	// PullRequest is what the event is about instead, where it is of that kind.
	PullRequest *PullRequest `json:"pull_request,omitempty"`
}

// PullRequest is what a workflow gets to know of a pull request, as far as it is used here.
type PullRequest struct {
	Number  int       `json:"number"`
	Body    string    `json:"body"`
	Commits int       `json:"commits"`
	Base    Commitish `json:"base"`
	Head    Commitish `json:"head"`
}

// Commitish is one end of a pull request.
type Commitish struct {
	SHA string `json:"sha"`
}

// PushCommit is one commit of a push.
type PushCommit struct {
	ID      string `json:"id"`
	Message string `json:"message"`
}

// Commit adds files to a branch, as a person does who pushes, and returns the push.
func (r *Repository) Commit(branch, message string, files map[string]string) Push {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.push(branch, r.add(r.refs[branch], message, "octocat", fileChanges{added: files}).SHA)
}

// Head is the commit that a branch points to, or nil.
func (r *Repository) Head(branch string) *Commit {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.commits[r.refs[branch]]
}

// Files are the tree of a commit: path -> content.
func (r *Repository) Files(sha string) map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.commits[sha].Files
}

// Branches are the names of all branches.
func (r *Repository) Branches() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.refs))
}

// Started are the pushes, since the last call, for which GitHub starts workflows: all but those with a job's own token.
func (r *Repository) Started() []Push {
	r.mu.Lock()
	defer r.mu.Unlock()
	started := r.pushes
	r.pushes = nil
	return started
}

// fileChanges are what a commit does to the files of its parent: path -> content, and paths.
type fileChanges struct {
	added   map[string]string
	removed []string
}

// add makes a commit on top of a parent, which may be "".
func (r *Repository) add(parent, message, author string, changes fileChanges) *Commit {
	c := Commit{Message: message, Author: author, Files: map[string]string{}}
	if parent != "" {
		c.Parents = []string{parent}
		maps.Copy(c.Files, r.commits[parent].Files)
	}
	maps.Copy(c.Files, changes.added)
	for _, path := range changes.removed {
		delete(c.Files, path)
	}
	return r.keep(c)
}

func (r *Repository) keep(c Commit) *Commit {
	made := newCommit(c, time.Unix(1_800_000_000+int64(len(r.commits)), 0))
	r.commits[made.SHA] = made
	return made
}

// push leads a branch to a commit, and notes the event.
func (r *Repository) push(branch, sha string) Push {
	before := r.refs[branch]
	p := Push{Ref: "refs/heads/" + branch, Before: before, After: sha, Created: before == "", Forced: before != "" &&
		len(r.between(sha, before)) > 0}
	brought := r.between(before, sha)
	if p.Created {
		brought = r.unknown(sha)
	}
	r.refs[branch] = sha
	r.settle(branch)
	for _, c := range slices.Backward(brought) {
		p.Commits = append(p.Commits, PushCommit{c.SHA, c.Message})
	}
	p.HeadCommit = PushCommit{sha, r.commits[sha].Message}
	r.pushes = append(r.pushes, p)
	return p
}

func (r *Repository) url(format string, args ...any) string {
	return r.page + "/" + fmt.Sprintf(format, args...)
}
