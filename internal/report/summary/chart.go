package summary

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/markdown"
)

// What a chart shows at most, so that it fits a screen. The limits of Mermaid, as GitHub runs it, are farther away:
// 50,000 characters and 500 edges (https://mermaid.js.org/config/schema-docs/config.html#maxtextsize).
const (
	chartRows    = 8
	chartColumns = 6
)

// chartStyle is the same in light and in dark mode: colours with a text colour of their own, and no background.
// The colours are those that GitHub has for success, danger and attention.
const chartStyle = `  classDef good fill:#1a7f37,stroke:#1a7f37,color:#ffffff
  classDef bad fill:#cf222e,stroke:#cf222e,color:#ffffff
  classDef risk fill:#9a6700,stroke:#9a6700,color:#ffffff
  classDef off fill:none,stroke:#7d8590,color:#7d8590,stroke-dasharray:4
`

const columnStyle = "fill:none,stroke:#7d8590,color:#7d8590"

// placementChart draws the workloads in a column for each architecture. Of many, those in trouble are drawn, then those
// with the most pods, and the others are one box.
func placementChart(standings []report.Standing, columns []string, titles nodeTitles) string {
	shown, rest := notable(standings)
	label := shortLabels(standings)
	var text strings.Builder
	text.WriteString("%%{init: {\"flowchart\": {\"rankSpacing\": 10, \"nodeSpacing\": 30, \"padding\": 10, " +
		"\"wrappingWidth\": 400, \"subGraphTitleMargin\": {\"top\": 4, \"bottom\": 8}}}}%%\nflowchart LR\n")
	for i, architecture := range columns[:min(len(columns), chartColumns)] {
		id := fmt.Sprintf("c%d", i)
		fmt.Fprintf(&text, "  subgraph %s[\"%s\"]\n", id, markdown.Label(titles.of(architecture)))
		var boxes []string
		for j, s := range shown {
			if at, drawn := s.Spots[architecture]; drawn || architecture != report.NoNode {
				boxes = append(boxes, box(fmt.Sprintf("%sw%d", id, j), label(s), at))
			}
		}
		if others := sum(rest, architecture); len(rest) > 0 && (others.Pods > 0 || architecture != report.NoNode) {
			boxes = append(boxes, box(id+"rest", finding.Counted(len(rest), "more workload"), others))
		}
		// Invisible links keep the boxes one below the other, and the columns in order.
		text.WriteString("    direction TB\n    " + strings.Join(boxes, "\n    ~~~ ") + "\n  end\n  style " + id + " " +
			columnStyle + "\n")
		if i > 0 {
			fmt.Fprintf(&text, "  c%d ~~~ %s\n", i-1, id)
		}
	}
	chart := markdown.Fence("mermaid", text.String()+chartStyle) + "\n"
	if more := len(columns) - chartColumns; more > 0 {
		chart += finding.Counted(more, "more column") + " in the table alone.\n\n"
	}
	return chart
}

func box(id, name string, at report.Spot) string {
	return fmt.Sprintf("%s(\"%s<br/>%s\"):::%s", id, markdown.Label(name), markdown.Label(at.String()), at.Mood())
}

// notable picks what is drawn, in the order of the manifests.
func notable(standings []report.Standing) (shown, rest []report.Standing) {
	if len(standings) <= chartRows {
		return standings, nil
	}
	order := make([]int, len(standings))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return report.ByWeight(standings[a], standings[b]) })
	drawn := slices.Sorted(slices.Values(order[:chartRows]))
	for i, s := range standings {
		if _, found := slices.BinarySearch(drawn, i); found {
			shown = append(shown, s)
		} else {
			rest = append(rest, s)
		}
	}
	return shown, rest
}

// sum is what many workloads come to on an architecture: their pods, or the worst that was foreseen.
func sum(standings []report.Standing, architecture string) report.Spot {
	var total report.Spot
	for _, s := range standings {
		at := s.Spots[architecture]
		if at.Mood() == report.Bad || total.Outcome == "" {
			total.Outcome, total.Elsewhere = at.Outcome, at.Elsewhere
		}
		total.Pods, total.Well = total.Pods+at.Pods, total.Well+at.Well
	}
	return total
}

// shortLabels names workloads by what distinguishes them.
func shortLabels(standings []report.Standing) func(report.Standing) string {
	namespaces, kinds := map[string]bool{}, map[string]bool{}
	for _, s := range standings {
		namespaces[s.Namespace], kinds[s.Kind] = true, true
	}
	return func(s report.Standing) string {
		name := s.Name
		if len(namespaces) > 1 {
			name = s.Namespace + "/" + name
		}
		if len(kinds) > 1 {
			name = s.Kind + " " + name
		}
		return name
	}
}
