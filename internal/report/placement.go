package report

import (
	"fmt"
	"maps"
	"slices"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
)

// openRows is how long a table may be before it is folded.
const openRows = 25

// placementSection shows where the workloads run: a picture, and each of them in a table.
func (r *Report) placementSection(o SummaryOptions, room int) string {
	standings := r.standings()
	if len(standings) == 0 || r.Audit != nil {
		return ""
	}
	columns := r.columns(standings)
	text := placementChart(standings, columns, r.nodeTitles())
	if len(standings) <= openRows {
		return text + r.placementTable(standings, columns, o, room-len(text))
	}
	slices.SortStableFunc(standings, byWeight)
	return text + fold(fmt.Sprintf("All %d workloads", len(standings)),
		r.placementTable(standings, columns, o, room-len(text)))
}

func (r *Report) placementTable(standings []standing, columns []string, o SummaryOptions, room int) string {
	titles := r.nodeTitles()
	head := []string{"workload"}
	for _, architecture := range columns {
		head = append(head, prose(titles.of(architecture)))
	}
	var rows []string
	for _, s := range standings {
		cells := []string{code(s.label())}
		for _, architecture := range columns {
			cells = append(cells, s.cell(architecture))
		}
		rows = append(rows, row(cells...))
	}
	taints := r.taints()
	const folded = 256
	return tableHead(head...) + fit(room-len(taints)-folded, rows, o.leftOut("workload")) + taints
}

func (s standing) cell(architecture string) string {
	at, known := s.spots[architecture]
	if !known && architecture == noNode {
		return ""
	}
	text := moodIcon[at.mood()] + " " + at.String()
	if at.reason != "" {
		text += " · " + code(at.reason)
	}
	return text
}

// columns are the architectures to show: those of nodes, of pods, and those where something else than the lack of a
// node was foreseen. Pods without a node come last.
func (r *Report) columns(standings []standing) []string {
	set := map[string]bool{}
	for _, group := range r.Nodes {
		set[group.Kind()] = true
	}
	for _, s := range standings {
		for architecture, at := range s.spots {
			if at.outcome != placement.Absent {
				set[architecture] = true
			}
		}
	}
	waiting := set[noNode]
	delete(set, noNode)
	list := slices.Sorted(maps.Keys(set))
	if waiting {
		list = append(list, noNode)
	}
	return list
}
