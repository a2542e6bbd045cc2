package summary

import (
	"fmt"
	"maps"
	"slices"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/markdown"
)

// openRows is how long a table may be before it is folded.
const openRows = 25

// placementSection shows where the workloads run: a picture, and each of them in a table.
func (r page) placementSection(o Options, room int) string {
	standings := r.Standings()
	if len(standings) == 0 || r.Audit != nil {
		return ""
	}
	columns := r.columns(standings)
	text := placementChart(standings, columns, r.nodeTitles())
	if len(standings) <= openRows {
		return text + r.placementTable(standings, columns, o, room-len(text))
	}
	slices.SortStableFunc(standings, report.ByWeight)
	return text + markdown.Fold(fmt.Sprintf("All %d workloads", len(standings)),
		r.placementTable(standings, columns, o, room-len(text)))
}

func (r page) placementTable(standings []report.Standing, columns []string, o Options, room int) string {
	titles := r.nodeTitles()
	head := []string{"workload"}
	for _, architecture := range columns {
		head = append(head, markdown.Prose(titles.of(architecture)))
	}
	var rows []string
	for _, s := range standings {
		cells := []string{markdown.Code(s.Label())}
		for _, architecture := range columns {
			cells = append(cells, placementCell(s, architecture))
		}
		rows = append(rows, markdown.Row(cells...))
	}
	taints := r.taints()
	const folded = 256
	return markdown.TableHead(head...) + markdown.Fit(room-len(taints)-folded, rows, o.leftOut("workload")) + taints
}

func placementCell(s report.Standing, architecture string) string {
	at, known := s.Spots[architecture]
	if !known && architecture == report.NoNode {
		return ""
	}
	text := moodIcon[at.Mood()] + " " + at.String()
	if at.Reason != "" {
		text += " · " + markdown.Code(at.Reason)
	}
	return text
}

// columns are the architectures to show: those of nodes, of pods, and those where something else than the lack of a
// node was foreseen. Pods without a node come last.
func (r page) columns(standings []report.Standing) []string {
	set := map[string]bool{}
	for _, group := range r.Nodes {
		set[group.Kind()] = true
	}
	for _, s := range standings {
		for architecture, at := range s.Spots {
			if at.Outcome != landing.Absent {
				set[architecture] = true
			}
		}
	}
	waiting := set[report.NoNode]
	delete(set, report.NoNode)
	list := slices.Sorted(maps.Keys(set))
	if waiting {
		list = append(list, report.NoNode)
	}
	return list
}

var moodIcon = map[report.Mood]string{report.Good: "✅", report.Bad: "❌", report.Risk: "⚠️", report.Off: "➖"}
