package summary

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/markdown"
)

// commentRoom is what a comment may have, in bytes: GitHub takes 65,536 characters, and the mark needs some.
const commentRoom = 60_000

// Comment is the report as Markdown for a comment of a pull request: the verdict, then a line for each workload, behind
// which are its findings and its diff.
func Comment(of *report.Report, o Options) string {
	r := page{of}
	o.Room = commentRoom
	parts := r.byObject()
	rest := parts[""]
	if r.Audit != nil { // its table has the workloads
		rest = r
	}
	return r.head(o) + sections(o,
		section{"", 5, r.errorSection},
		section{"Audit", 40, r.auditSection},
		section{"Workloads", 50, func(o Options, room int) string { return r.workloadsSection(parts, o, room) }},
		section{"Findings", 20, rest.findingsSection},
		section{"Patches", 5, r.patchesSection},
		section{"Images", 10, r.imagesSection},
		section{"Changes", 10, func(o Options, room int) string {
			return r.editTable(o, room/5) + r.changeTable(o, room/4) + rest.diffs(o, room/2)
		}})
}

// byObject parts a report: what it has about each workload, by the name of its object, and the rest by "".
func (r page) byObject() map[string]page {
	parts := map[string]page{"": {&report.Report{Planned: r.Planned}}}
	for _, w := range r.Workloads {
		parts[w.Object()] = page{&report.Report{Planned: r.Planned}}
	}
	of := func(id string) page {
		if part, ok := parts[report.LabelOf(id)]; ok {
			return part
		}
		return parts[""]
	}
	for _, f := range r.Findings {
		part := of(f.Object)
		part.Findings = append(part.Findings, f)
	}
	for _, c := range r.Changes {
		part := of(c.Object)
		part.Changes = append(part.Changes, c)
	}
	return parts
}

// workloadsSection has a line for each workload, those in trouble first, which opens where there is something to read.
func (r page) workloadsSection(parts map[string]page, o Options, room int) string {
	standings := r.Standings()
	if len(standings) == 0 || r.Audit != nil {
		return ""
	}
	columns := r.columns(standings)
	chart := placementChart(standings, columns, r.nodeTitles())
	slices.SortStableFunc(standings, report.ByWeight)
	var folds []string
	var quiet []report.Standing
	for _, s := range standings {
		body := ""
		if about, ok := parts[s.Object()]; ok {
			body = about.details(o, room/4)
			delete(parts, s.Object()) // the templates of one object share findings and a diff
		}
		if body == "" {
			quiet = append(quiet, s)
			continue
		}
		folds = append(folds, markdown.Fold(standingTitle(s, columns), body))
	}
	room -= len(chart)
	text := chart + markdown.Fit(room*3/4, folds, o.leftOut("workload"))
	if len(quiet) == 0 {
		return text
	}
	return text + markdown.Fold(finding.Counted(len(quiet), "workload")+" with neither a finding nor a diff",
		r.placementTable(quiet, columns, o, room/4))
}

// standingTitle is a workload and what it comes to on each architecture, on one line of HTML.
func standingTitle(s report.Standing, columns []string) string {
	var parts []string
	for _, architecture := range columns {
		if at, known := s.Spots[architecture]; known {
			parts = append(parts, markdown.Entities(redact.OneLine(strings.TrimSpace(architecture+" "+at.String()))))
		}
	}
	return fmt.Sprintf("%s <code>%s</code> %s", moodIcon[s.Worst()], markdown.Entities(redact.OneLine(s.Label())),
		strings.Join(parts, " · "))
}

// details are the findings about a workload, and what a plan would change in it.
func (r page) details(o Options, room int) string {
	return findingList(finding.WorstFirst(r.Findings), o, room/2) + r.diffs(o, room/2)
}
