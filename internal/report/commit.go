package report

import (
	"cmp"
	"strings"
)

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

// pullRequestRoom is how many bytes the report may have of the text of a pull request, which GitHub limits to 65536
// characters.
const pullRequestRoom = 48_000

// PullRequest is the report as Markdown for the text of a pull request: the images and where they can run. Where
// nothing was planned there are the images alone.
func (r *Report) PullRequest() string {
	var text strings.Builder
	for _, section := range []func(SummaryOptions, int) string{r.imagesSection, r.placementSection} {
		if body := section(SummaryOptions{}, pullRequestRoom/2); body != "" {
			text.WriteString(body + "\n")
		}
	}
	return text.String()
}
