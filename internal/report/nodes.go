package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

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
			if nodes := fmt.Sprintf("%d %s", group.Count, prose(group.Architecture)); !slices.Contains(byTaint[taint], nodes) {
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
