package github

import (
	"maps"
	"slices"
	"strings"
)

// Pull is a pull request.
type Pull struct {
	Number int    `json:"number"`
	State  string `json:"state"`
	Title  string `json:"title"`
	Body   string `json:"body"`
	URL    string `json:"html_url"`
	Head   Ref    `json:"head"`
	Base   Ref    `json:"base"`
}

// Ref names a branch.
type Ref struct {
	Ref string `json:"ref"`
}

// Merge is a way to merge a pull request.
type Merge string

// The three buttons.
const (
	MergeCommit Merge = "merge"
	Squash      Merge = "squash"
	Rebase      Merge = "rebase"
)

// Pulls are the pull requests, open and closed.
func (r *Repository) Pulls() []Pull {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []Pull
	for _, p := range r.pulls {
		list = append(list, *p)
	}
	return list
}

// Merge merges a pull request of one commit, as a person does who presses the button, with GitHub's default messages,
// and returns the push.
func (r *Repository) Merge(number int, how Merge) Push {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.pulls[number-1]
	base, head := r.refs[p.Base.Ref], r.commits[r.refs[p.Head.Ref]]
	merged := Commit{Parents: []string{base}, Message: head.Message, Author: "octocat", Files: r.overlay(base, head)}
	switch how {
	case MergeCommit:
		merged.Parents = append(merged.Parents, head.SHA)
		merged.Message = "Merge pull request #" + itoa(number) + " from octo-org/" + p.Head.Ref + "\n\n" + p.Title
	case Squash:
		headline, body, _ := strings.Cut(head.Message, "\n")
		merged.Message = headline + " (#" + itoa(number) + ")\n" + body
	}
	p.State = "closed"
	return r.push(p.Base.Ref, r.keep(merged).SHA)
}

// Update merges the base into the branch of a pull request of one commit, as the button "Update branch" does, and
// returns the push.
func (r *Repository) Update(number int) Push {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.pulls[number-1]
	base, head := r.refs[p.Base.Ref], r.commits[r.refs[p.Head.Ref]]
	merged := Commit{Parents: []string{head.SHA, base}, Author: "octocat", Files: r.overlay(base, head)}
	merged.Message = "Merge branch '" + p.Base.Ref + "' into " + p.Head.Ref
	return r.push(p.Head.Ref, r.keep(merged).SHA)
}

// overlay is the tree of base with what the commit changed.
func (r *Repository) overlay(base string, head *Commit) map[string]string {
	files, before := maps.Clone(r.commits[base].Files), r.commits[head.Parents[0]].Files
	for path, content := range head.Files {
		if before[path] != content {
			files[path] = content
		}
	}
	for path := range before {
		if _, kept := head.Files[path]; !kept {
			delete(files, path)
		}
	}
	return files
}

// settle closes the pull requests whose branch holds nothing new any more, as GitHub does on a push to it.
func (r *Repository) settle(branch string) {
	for _, p := range r.pulls {
		if p.State == "open" && p.Head.Ref == branch && len(r.between(r.refs[p.Base.Ref], r.refs[branch])) == 0 {
			p.State = "closed"
		}
	}
}

// find is the open pull request from a branch to another, or nil.
func (r *Repository) find(head, base string) *Pull {
	i := slices.IndexFunc(r.pulls, func(p *Pull) bool {
		return p.State == "open" && p.Head.Ref == head &&
			p.Base.Ref == base
	})
	if i < 0 {
		return nil
	}
	return r.pulls[i]
}
