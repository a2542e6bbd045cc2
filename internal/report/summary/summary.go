// Package summary writes a report as Markdown: for the job summary, for a comment and for the text of a pull request.
package summary

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/markdown"
)

// Limit is the size, in bytes, below which a step's summary is shown: GitHub drops it whole at 1 MiB, and, as
// https://github.com/actions/runner/issues/4337 has it, some bytes before that.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
const Limit = 1<<20 - 1<<10

// Options say what a summary may be and where things are.
type Options struct {
	// Room is how many bytes the summary may have; Limit where nothing else is in the step's file.
	Room int
	// ReportFile is where the JSON report is, for what the summary leaves out; "" is nowhere.
	ReportFile string
	// Source is the address of the commit's files, without a final slash, and Workspace the folder that contains them.
	// Where Source is "", files are named and not linked.
	Source, Workspace string
	// Version is the program's, whose documentation findings link to; where it is no release's, they link to the newest.
	Version string
}

// Write returns the report as GitHub Flavored Markdown for the job summary, with charts in Mermaid. Each part has its
// share of the room; what does not fit is cut, and the JSON report has it. It is "" where not even the verdict fits.
func Write(of *report.Report, o Options) string {
	r := page{of}
	text := r.head(o)
	if o.Room < leastRoom {
		return strings.TrimSuffix(text, "…")
	}
	return text + sections(o,
		section{"", 5, r.errorSection},
		section{"Audit", 40, r.auditSection},
		section{"Placement", 25, r.placementSection},
		section{"Findings", 30, r.findingsSection},
		section{"Patches", 5, r.patchesSection},
		section{"Images", 10, r.imagesSection},
		section{"Changes", 20, r.changesSection},
		section{"Timeline", 5, r.timelineSection})
}

// page is a report on its way to Markdown.
type page struct{ *report.Report }

// head is the verdict and what the run came to.
func (r page) head(o Options) string {
	return markdown.Cut(fmt.Sprintf("## %s multiarch-deploy: %s\n\n%s\n",
		verdictIcon[r.Verdict], r.Verdict, r.verdictLine()), o.Room)
}

// section is a part of a page, with its share of the room.
type section struct {
	title   string
	percent int // of the room
	body    func(Options, int) string
}

// sections are those that have something to show.
func sections(o Options, all ...section) string {
	text := ""
	for _, s := range all {
		body := s.body(o, o.Room*s.percent/100)
		if body != "" && s.title != "" {
			text += "\n### " + s.title + "\n"
		}
		if body != "" {
			text += "\n" + strings.TrimRight(body, "\n") + "\n"
		}
	}
	return text
}

// leastRoom is what a chart and some lines of each table need; with less, there is the verdict alone.
const leastRoom = 64 << 10

var verdictIcon = map[report.Verdict]string{report.OK: "✅", report.Warning: "⚠️", report.Failed: "❌"}

// verdictLine says what the run came to, in numbers, and where.
func (r page) verdictLine() string {
	parts := []string{}
	if outcome := r.Outcome(); outcome != "" {
		parts = append(parts, "**"+outcome+"**")
	}
	if headline := r.Headline(); headline != "" {
		parts = append(parts, headline)
	}
	if r.Target.Cluster != "" {
		parts = append(parts, "cluster "+markdown.Code(markdown.Cut(r.Target.Cluster, 200)))
	}
	if r.Target.Namespace != "" {
		parts = append(parts, "namespace "+markdown.Code(markdown.Cut(r.Target.Namespace, 200)))
	}
	return strings.Join(parts, " · ")
}

// errorSection is why the run ended early.
func (r page) errorSection(_ Options, room int) string {
	return passage("text", markdown.Cut(r.Error, room/2))
}

// leftOut points to the report for what a list has no room for.
func (o Options) leftOut(what string) func(int) string {
	return func(n int) string {
		return fmt.Sprintf("\n%s not shown here for lack of room; see %s.\n", finding.Counted(n, "more "+what),
			o.reportFile())
	}
}

func (o Options) reportFile() string {
	if o.ReportFile == "" {
		return "the JSON report"
	}
	return "the JSON report, " + markdown.Code(markdown.Cut(o.ReportFile, 200))
}

// inRepository is the path of a file below the root of the repository.
func (o Options) inRepository(file string) (string, bool) {
	absolute, err := filepath.Abs(file)
	if o.Source == "" || o.Workspace == "" || err != nil {
		return "", false
	}
	relative, err := filepath.Rel(o.Workspace, absolute)
	return filepath.ToSlash(relative), err == nil && filepath.IsLocal(relative)
}
