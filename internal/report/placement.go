package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
)

// openRows is how long a table may be before it is folded.
const openRows = 25

// placementSection shows where the workloads run: a picture, and each of them in a table.
func (r *Report) placementSection(o SummaryOptions, room int) string {
	standings := r.standings()
	if len(standings) == 0 {
		return ""
	}
	columns := r.columns(standings)
	text := placementChart(standings, columns, r.nodeTitles())
	table := r.placementRows(standings, columns, o, room-len(text))
	if len(standings) > openRows {
		return text + fold(fmt.Sprintf("All %d workloads", len(standings)), table)
	}
	return text + table
}

func (r *Report) placementRows(standings []standing, columns []string, o SummaryOptions, room int) string {
	titles := r.nodeTitles()
	head := []string{"workload"}
	for _, architecture := range columns {
		head = append(head, titles.of(architecture))
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
		set[group.Architecture] = true
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

// nodeTitles say what nodes there are of an architecture.
type nodeTitles map[string]string

func (r *Report) nodeTitles() nodeTitles {
	total, tainted := map[string]int{}, map[string]int{}
	for _, group := range r.Nodes {
		total[group.Architecture] += group.Count
		if len(group.Taints) > 0 {
			tainted[group.Architecture] += group.Count
		}
	}
	titles := nodeTitles{}
	for architecture, n := range total {
		title := architecture + " · " + count(n, "node")
		switch tainted[architecture] {
		case 0:
		case n:
			title += ", tainted"
		default:
			title += fmt.Sprintf(", %d tainted", tainted[architecture])
		}
		titles[architecture] = title
	}
	return titles
}

func (t nodeTitles) of(architecture string) string {
	if title, known := t[architecture]; known {
		return title
	}
	if architecture == noNode {
		return "waiting for a node"
	}
	return architecture + " · no node"
}

// taints says in a line which taints keep pods off which nodes.
func (r *Report) taints() string {
	byTaint := map[string][]string{}
	for _, group := range r.Nodes {
		for _, taint := range group.Taints {
			if nodes := fmt.Sprintf("%d %s", group.Count, group.Architecture); !slices.Contains(byTaint[taint], nodes) {
				byTaint[taint] = append(byTaint[taint], nodes)
			}
		}
	}
	var parts []string
	for _, taint := range slices.Sorted(maps.Keys(byTaint)) {
		parts = append(parts, fmt.Sprintf("%s on %s", code(taint), strings.Join(byTaint[taint], " and ")))
	}
	if len(parts) == 0 {
		return ""
	}
	const shown = 8
	if len(parts) > shown {
		parts = append(parts[:shown], fmt.Sprintf("and %d more", len(parts)-shown))
	}
	return "\nTaints: " + strings.Join(parts, ", ") + "\n"
}
