package report

import "cmp"

// Commit is where the images were recorded. Its fields are "" where they were not.
type Commit struct {
	SHA string `json:"sha"`
	// URL and PullRequest are pages.
	URL         string `json:"url"`
	PullRequest string `json:"pullRequest"`
}

// headline says in a few words where to look, or is "".
func (c Commit) headline() string {
	if page := cmp.Or(c.PullRequest, c.URL); page != "" {
		return "recorded in " + page
	}
	return ""
}
