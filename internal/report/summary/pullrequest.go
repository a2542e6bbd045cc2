package summary

import (
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// pullRequestRoom is how many bytes the report may have of the text of a pull request, which GitHub limits to 65536
// characters.
const pullRequestRoom = 48_000

// PullRequest is the report as Markdown for the text of a pull request: the images and where they can run. Where
// nothing was planned there are the images alone.
func PullRequest(of *report.Report) string {
	r := page{of}
	var text strings.Builder
	for _, section := range []func(Options, int) string{r.imagesSection, r.placementSection} {
		if body := section(Options{}, pullRequestRoom/2); body != "" {
			text.WriteString(body + "\n")
		}
	}
	return text.String()
}
