package summary

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/markdown"
)

// auditSection shows an audit: a bar for each namespace, the sums, and each workload.
func (r page) auditSection(o Options, room int) string {
	if r.Audit == nil || len(r.Workloads) == 0 {
		return ""
	}
	text := r.auditChart() + r.auditSumTable(o, room/4)
	if r.Audit.Worth != nil {
		text += "\n" + markdown.Prose(r.Worth()+".") + "\n"
	}
	table := r.auditTable(o, room/2)
	if len(r.Workloads) > openRows {
		table = markdown.Fold(fmt.Sprintf("All %d workloads", len(r.Workloads)), table)
	}
	return text + "\n" + table + r.patches(o, room/4)
}

// auditStyle draws the parts of a bar one behind the other (displayMode), and is the same in light and in dark mode, as
// timelineStyle is. The colours are those of the other charts.
const auditStyle = `---
displayMode: compact
---
%%{init: {"theme": "base", "themeVariables": {
  "sectionBkgColor": "transparent", "altSectionBkgColor": "transparent", "sectionBkgColor2": "transparent", "gridColor": "#7d8590",
  "activeTaskBkgColor": "#1a7f37", "activeTaskBorderColor": "#1a7f37", "critBkgColor": "#cf222e", "critBorderColor": "#cf222e",
  "doneTaskBkgColor": "#7d8590", "doneTaskBorderColor": "#7d8590", "taskBkgColor": "#0969da", "taskBorderColor": "#0969da",
  "taskTextColor": "#ffffff", "taskTextLightColor": "#ffffff", "taskTextDarkColor": "#ffffff", "taskTextOutsideColor": "#7d8590",
  "textColor": "#7d8590", "titleColor": "#7d8590"
}, "gantt": {"barHeight": 20, "barGap": 5, "leftPadding": 140, "rightPadding": 30, "fontSize": 12}}}%%
`

// barsShown is how many namespaces the chart has; the others are one bar.
const barsShown = 10

// auditChart draws a bar for each namespace, as long as it has workloads: what runs on the architecture already, could
// move, cannot, and is unknown.
func (r page) auditChart() string {
	sums := slices.SortedStableFunc(slices.Values(r.Audit.Namespaces), func(a, b audit.Sum) int {
		return cmp.Compare(b.Workloads, a.Workloads)
	})
	var text strings.Builder
	text.WriteString(auditStyle + "gantt\n  dateFormat x\n  axisFormat %Q\n  todayMarker off\n")
	fmt.Fprintf(&text, "  title Workloads by namespace - green could move to %s, red cannot, grey is unknown, "+
		"blue runs there\n",
		markdown.Label(r.Audit.Architecture))
	for _, sum := range sums[:min(len(sums), barsShown)] {
		bar(&text, sum.Namespace, parts(sum))
	}
	if rest := sums[min(len(sums), barsShown):]; len(rest) > 0 {
		var all [4]int
		for _, sum := range rest {
			for i, n := range parts(sum) {
				all[i] += n
			}
		}
		bar(&text, finding.Counted(len(rest), "more namespace"), all)
	}
	return markdown.Fence("mermaid", text.String()) + "\n"
}

// parts are the workloads that run there already, could move, cannot, and are unknown.
func parts(s audit.Sum) [4]int {
	moved := s.Workloads - s.CanMove.Workloads - s.CannotMove.Workloads - s.Unknown.Workloads
	return [4]int{moved, s.CanMove.Workloads, s.CannotMove.Workloads, s.Unknown.Workloads}
}

func bar(text *strings.Builder, name string, parts [4]int) {
	fmt.Fprintf(text, "  section %s\n", markdown.Label(cmp.Or(name, "no namespace")))
	start := 0
	for i, n := range parts {
		if n == 0 {
			continue
		}
		kind := []string{"", "active, ", "crit, ", "done, "}[i]
		fmt.Fprintf(text, "  %d :%s%d, %d\n", n, kind, start, start+n)
		start += n
	}
}

func (r page) auditSumTable(o Options, room int) string {
	return markdownTable(r.AuditSums(), room, o.leftOut("namespace"), func(column int, cell string) string {
		if column == 0 {
			return markdown.Code(cell)
		}
		return markdown.Prose(cell)
	})
}

// auditTable has a row for each workload, those at risk first.
func (r page) auditTable(o Options, room int) string {
	icons := map[string]string{string(audit.Now): "❌ now", string(audit.WithPool): "⚠️ with the pool"}
	rows := r.AuditRows()
	risk := len(rows[0]) - 2
	return markdownTable(rows, room, o.leftOut("workload"), func(column int, cell string) string {
		switch column {
		case 0:
			return markdown.Code(cell)
		case risk:
			return icons[cell]
		}
		return markdown.Prose(cell)
	})
}

// markdownTable is a table whose first row is its head.
func markdownTable(rows [][]string, room int, leftOut func(int) string,
	cell func(column int, text string) string) string {
	var lines []string
	for _, cells := range rows[1:] {
		var shown []string
		for column, text := range cells {
			shown = append(shown, cell(column, text))
		}
		lines = append(lines, markdown.Row(shown...))
	}
	return markdown.TableHead(rows[0]...) + markdown.Fit(room, lines, leftOut)
}

// patches are those that let workloads onto the architecture, to copy.
func (r page) patches(o Options, room int) string {
	var list []string
	for _, w := range r.Workloads {
		if w.Audit.Patch != "" {
			title := "<code>" + markdown.Entities(redact.OneLine(w.Label())) + "</code>: " +
				markdown.Entities(redact.OneLine(w.Audit.Why))
			list = append(list, markdown.Fold(title, markdown.Fence("yaml", w.Audit.Patch)))
		}
	}
	if len(list) == 0 {
		return ""
	}
	title := fmt.Sprintf("%d of them can move with a patch", len(list))
	return "\n" + markdown.Fold(title, markdown.Fit(room, list, o.leftOut("patch")))
}
