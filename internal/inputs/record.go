package inputs

import (
	"slices"
	"strings"
)

// CommitMode says how the images are recorded in the repository.
type CommitMode string

// The modes.
const (
	CommitNone          CommitMode = "none"
	CommitToBranch      CommitMode = "commit"
	CommitByPullRequest CommitMode = "pull-request"
)

// Commit are the inputs of the commit that records the images.
type Commit struct {
	How CommitMode
	// Token is for GitHub's API.
	Token string
	// Branch is the one that the change is for; "" is the one that is checked out.
	Branch string
	// Message and PullRequestBranch hold placeholders.
	Message           string
	PullRequestBranch string
	// Comment shows the result in the pull request that started the run.
	Comment bool
}

// Wanted reports whether the images are to be recorded.
func (c Commit) Wanted() bool { return c.How != CommitNone }

func (p *parser) commit() Commit {
	return Commit{
		How:               choice[CommitMode](p, "commit"),
		Token:             p.text("github-token"),
		Branch:            strings.TrimPrefix(p.text("commit-branch"), "refs/heads/"),
		Message:           p.template("commit-message"),
		PullRequestBranch: p.template("pull-request-branch"),
		Comment:           p.boolean("comment"),
	}
}

var placeholders = []string{"{tag}", "{revision}", "{kustomization}", "{branch}"}

// template is text with placeholders.
func (p *parser) template(name string) string {
	text := p.text(name)
	for _, used := range placeholder.FindAllString(text, -1) {
		if !slices.Contains(placeholders, used) {
			p.problem("%s: unknown %s; known are %s", name, used, strings.Join(placeholders, ", "))
		}
	}
	return text
}
