package summary

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/markdown"
)

// nodeTitles say what nodes there are of an architecture.
type nodeTitles map[string]string

func (r page) nodeTitles() nodeTitles {
	total, tainted := map[string]int{}, map[string]int{}
	for _, group := range r.Nodes {
		total[group.Kind()] += group.Count
		if len(group.Taints) > 0 {
			tainted[group.Kind()] += group.Count
		}
	}
	titles := nodeTitles{}
	for architecture, n := range total {
		title := architecture + " · " + finding.Counted(n, "node")
		switch tainted[architecture] {
		case 0:
		case n:
			title += ", tainted"
		default:
			title += fmt.Sprintf(", %d tainted", tainted[architecture])
		}
		titles[architecture] = title + r.growth(architecture, n)
	}
	return titles
}

// growth says how many nodes of an architecture there may be: ", up to 10", or "" where there may be no more.
func (r page) growth(architecture string, today int) string {
	type key struct{ source, name string }
	most := map[key]int{}
	for _, group := range r.Nodes {
		of := key{string(group.Source), group.Pool}
		switch {
		case group.Kind() != architecture:
		case group.Pool == "":
			most[of] += group.Count
		case group.Max == nil:
			return ", can grow"
		default:
			most[of] = *group.Max
		}
	}
	sum := 0
	for _, n := range most {
		sum += n
	}
	if sum > today {
		return fmt.Sprintf(", up to %d", sum)
	}
	return ""
}

func (t nodeTitles) of(architecture string) string {
	if title, known := t[architecture]; known {
		return title
	}
	if architecture == report.NoNode {
		return "waiting for a node"
	}
	return architecture + " · no node"
}

// tainted names the nodes of a group: "3 arm64", or "arm64 (no node yet)".
func tainted(group placement.NodeGroup) string {
	if group.Count == 0 {
		return markdown.Prose(group.Kind()) + " (" + report.NoNodeYet + ")"
	}
	return fmt.Sprintf("%d %s", group.Count, markdown.Prose(group.Kind()))
}

// taints says in a line which taints keep pods off which nodes.
func (r page) taints() string {
	byTaint := map[string][]string{}
	for _, group := range r.Nodes {
		for _, taint := range group.Taints {
			if nodes := tainted(group); !slices.Contains(byTaint[taint], nodes) {
				byTaint[taint] = append(byTaint[taint], nodes)
			}
		}
	}
	var parts []string
	for _, taint := range slices.Sorted(maps.Keys(byTaint)) {
		parts = append(parts, fmt.Sprintf("%s on %s", markdown.Code(taint), strings.Join(byTaint[taint], " and ")))
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
