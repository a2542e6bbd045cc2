package report

import (
	"fmt"
	"path/filepath"
	"strings"
)

// SummaryLimit is the size, in bytes, below which a step's summary is shown: GitHub drops it whole at 1 MiB, and, as
// https://github.com/actions/runner/issues/4337 has it, some bytes before that.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
const SummaryLimit = 1<<20 - 1<<10

// SummaryOptions say what a summary may be and where things are.
type SummaryOptions struct {
	// Room is how many bytes the summary may have; SummaryLimit where nothing else is in the step's file.
	Room int
	// ReportFile is where the JSON report is, for what the summary leaves out; "" is nowhere.
	ReportFile string
	// Source is the address of the commit's files, without a final slash, and Workspace the folder that contains them.
	// Where Source is "", files are named and not linked.
	Source, Workspace string
	// Version is the program's, whose documentation findings link to; where it is no release's, they link to the newest.
	Version string
}

// Summary is the report as GitHub Flavored Markdown for the job summary, with charts in Mermaid. Each part has its
// share of the room; what does not fit is cut, and the JSON report has it. It is "" where not even the verdict fits.
func (r *Report) Summary(o SummaryOptions) string {
	text := r.head(o)
	if o.Room < leastRoom {
		return strings.TrimSuffix(text, "…")
	}
	return text + r.sections(o)
}

// head is the verdict and what the run came to.
func (r *Report) head(o SummaryOptions) string {
	return cut(fmt.Sprintf("## %s multiarch-deploy: %s\n\n%s\n", verdictIcon[r.Verdict], r.Verdict, r.verdictLine()),
		o.Room)
}

// commentRoom is what a comment may have, in bytes: GitHub takes 65,536 characters, and the mark needs some.
const commentRoom = 60_000

// Comment is the report as Markdown for a comment of a pull request.
func (r *Report) Comment(o SummaryOptions) string {
	o.Room = commentRoom
	return r.head(o) + r.sections(o)
}

// sections are what follows the verdict. Each has its share of the room.
func (r *Report) sections(o SummaryOptions) string {
	text := ""
	for _, section := range []struct {
		title   string
		percent int // of the room
		body    func(SummaryOptions, int) string
	}{
		{"", 5, r.errorSection},
		{"Audit", 40, r.auditSection},
		{"Placement", 25, r.placementSection},
		{"Findings", 30, r.findingsSection},
		{"Patches", 5, r.patchesSection},
		{"Images", 10, r.imagesSection},
		{"Changes", 20, r.changesSection},
		{"Timeline", 5, r.timelineSection},
	} {
		body := section.body(o, o.Room*section.percent/100)
		if body != "" && section.title != "" {
			text += "\n### " + section.title + "\n"
		}
		if body != "" {
			text += "\n" + strings.TrimRight(body, "\n") + "\n"
		}
	}
	return text
}

// leastRoom is what a chart and some lines of each table need; with less, there is the verdict alone.
const leastRoom = 64 << 10

var verdictIcon = map[Verdict]string{OK: "✅", Warning: "⚠️", Failed: "❌"}

// verdictLine says what the run came to, in numbers, and where.
func (r *Report) verdictLine() string {
	parts := []string{}
	if outcome := r.outcome(); outcome != "" {
		parts = append(parts, "**"+outcome+"**")
	}
	if headline := r.Headline(); headline != "" {
		parts = append(parts, headline)
	}
	if r.Target.Cluster != "" {
		parts = append(parts, "cluster "+code(cut(r.Target.Cluster, 200)))
	}
	if r.Target.Namespace != "" {
		parts = append(parts, "namespace "+code(cut(r.Target.Namespace, 200)))
	}
	return strings.Join(parts, " · ")
}

// errorSection is why the run ended early.
func (r *Report) errorSection(_ SummaryOptions, room int) string {
	return passage("text", cut(r.Error, room/2))
}

// leftOut points to the report for what a list has no room for.
func (o SummaryOptions) leftOut(what string) func(int) string {
	return func(n int) string {
		return fmt.Sprintf("\n%s not shown here for lack of room; see %s.\n", count(n, "more "+what), o.reportFile())
	}
}

func (o SummaryOptions) reportFile() string {
	if o.ReportFile == "" {
		return "the JSON report"
	}
	return "the JSON report, " + code(cut(o.ReportFile, 200))
}

// inRepository is the path of a file below the root of the repository.
func (o SummaryOptions) inRepository(file string) (string, bool) {
	absolute, err := filepath.Abs(file)
	if o.Source == "" || o.Workspace == "" || err != nil {
		return "", false
	}
	relative, err := filepath.Rel(o.Workspace, absolute)
	return filepath.ToSlash(relative), err == nil && filepath.IsLocal(relative)
}
