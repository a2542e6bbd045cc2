package report

import (
	"fmt"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// summaryLimit stays below the size at which GitHub drops a step's summary whole: 1 MiB
// (https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits).
const summaryLimit = 1<<20 - 1<<10

// Summary is the report as Markdown for the job summary. Sections that would go over the size limit are left out and
// named; the JSON report has them.
func (r *Report) Summary() string {
	var text strings.Builder
	fmt.Fprintf(&text, "## %s multiarch-deploy: %s\n\n%s\n\n", verdictIcon[r.Verdict], r.Verdict, markdownText(r.Headline()))
	if r.Error != "" && len(r.Error) < summaryLimit/2 {
		fmt.Fprintf(&text, "%s\n\n", markdownText(r.Error))
	}
	for _, section := range []struct{ title, body string }{
		{"Placement", markdown(r.PlacementTable())},
		{"Findings", r.findingsMarkdown()},
		{"Images", markdown(r.ImageTable())},
		{"Changes", markdown(r.changeTable())},
		{"Steps", markdown(r.timingTable())},
	} {
		if section.body == "" {
			continue
		}
		if text.Len()+len(section.body) > summaryLimit {
			fmt.Fprintf(&text, "### %s\n\nToo long to show here; the JSON report has it.\n\n", section.title)
			continue
		}
		fmt.Fprintf(&text, "### %s\n\n%s\n", section.title, section.body)
	}
	return text.String()
}

var verdictIcon = map[Verdict]string{OK: "✅", Warning: "⚠️", Failed: "❌"}

func (r *Report) findingsMarkdown() string {
	var text strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&text, "- %s **%s** %s\n", severityIcon[f.Severity], f.Code, markdownText(f.Message))
		if f.Fix != "" {
			fmt.Fprintf(&text, "\n%s\n", codeBlock(f.Fix))
		}
	}
	return text.String()
}

var severityIcon = map[finding.Severity]string{finding.Error: "❌", finding.Warning: "⚠️", finding.Info: "ℹ️"}
