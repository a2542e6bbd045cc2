package inputs

import (
	"regexp"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/catalogue"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/reader"
)

// Commit are the inputs of the commit that records the images.
type Commit struct {
	How catalogue.CommitMode
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
func (c Commit) Wanted() bool { return c.How != catalogue.CommitNone }

func (p parser) commit() Commit {
	return Commit{
		How:               reader.Choice[catalogue.CommitMode](p.Reader, "commit"),
		Token:             p.Text("github-token"),
		Branch:            strings.TrimPrefix(p.Text("commit-branch"), "refs/heads/"),
		Message:           p.template("commit-message"),
		PullRequestBranch: p.template("pull-request-branch"),
		Comment:           p.Boolean("comment"),
	}
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

var placeholders = []string{"{tag}", "{revision}", "{kustomization}", "{branch}"}

// template is text with placeholders.
func (p parser) template(name string) string {
	text := p.Text(name)
	for _, used := range placeholder.FindAllString(text, -1) {
		if !slices.Contains(placeholders, used) {
			p.Problem("%s: unknown %s; known are %s", name, used, strings.Join(placeholders, ", "))
		}
	}
	return text
}
