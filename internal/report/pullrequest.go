package report

import "strings"

// PullRequest is the report as Markdown for the text of a pull request: the images and where they can run. Where
// nothing was planned there are the images alone.
func (r *Report) PullRequest() string {
	var text strings.Builder
	for _, table := range [][][]string{r.ImageTable(), r.PlacementTable()} {
		if table != nil {
			text.WriteString(markdown(table) + "\n")
		}
	}
	return text.String()
}
