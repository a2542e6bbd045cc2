package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// How much of a long list the log shows; the report has all of it.
const (
	shownRows = 50
	shownDiff = 100 // lines of one object's difference
)

// Group is findings that say the same about several objects.
type Group struct {
	finding.Finding
	// Others are the objects, beside that of Finding.
	Others []string
}

// manyGroups is from how many groups on findings are joined even where each has a patch of its own to paste.
const manyGroups = 20

// Join groups findings that say the same, the worst first, and otherwise in their order.
func Join(findings []finding.Finding) []Group {
	groups := join(findings, withoutObject)
	if len(groups) > manyGroups {
		groups = join(findings, withoutNames)
	}
	return groups
}

// join joins the findings whose texts are the same without what a function takes out of them.
func join(findings []finding.Finding, without func(text string, f finding.Finding) string) []Group {
	var groups []Group
	index := map[finding.Finding]int{}
	for _, f := range finding.WorstFirst(findings) {
		same := f
		same.Message, same.Fix = without(f.Message, f), without(f.Fix, f)
		same.Object, same.File, same.Line = "", "", 0
		at, known := index[same]
		if !known || f.Object == "" {
			index[same] = len(groups)
			groups = append(groups, Group{Finding: f})
			continue
		}
		groups[at].Others = append(groups[at].Others, f.Object)
	}
	return groups
}

// withoutNames is withoutObject of a patch's target too, as the target of an entry of patches names it.
func withoutNames(text string, f finding.Finding) string {
	name := f.Object[strings.LastIndexByte(f.Object, '/')+1:]
	return strings.ReplaceAll(withoutObject(text, f), "name: "+name+"}", "")
}

// withoutObject is a text about an object without its name, by which alike ones differ.
func withoutObject(text string, f finding.Finding) string {
	name := f.Object[strings.LastIndexByte(f.Object, ' ')+1:]
	if name == "" {
		return text
	}
	text = strings.ReplaceAll(text, name, "")
	if _, own, namespaced := strings.Cut(name, "/"); namespaced {
		text = strings.ReplaceAll(text, "name: "+own+"\n", "")
	}
	return text
}

// ChangeLines are the changes for the log, each a line, with its difference where diffs are wanted. Of many, those that
// are none are counted, and so is what comes after the first ones.
func ChangeLines(changes change.Set, diffs bool) []string {
	var lines []string
	var rest change.Set
	for _, c := range changes {
		if len(changes) > shownRows && (c.Action == change.Unchanged || len(lines) >= shownRows) {
			rest = append(rest, c)
			continue
		}
		line := fmt.Sprintf("%s %s", c.Action, c.Object)
		if diffs && (len(changes) <= shownRows || c.Action != change.Created) { // what is new is in its manifest
			line += difference(c)
		}
		lines = append(lines, line)
	}
	if len(rest) > 0 {
		lines = append(lines, fmt.Sprintf("and %s: %s", finding.Counted(len(rest), "more object"), countChanges(rest)))
	}
	return lines
}

// difference is what follows the line of a change, "" where nothing differs.
func difference(c change.Change) string {
	diff := c.Diff()
	if diff == "" {
		return ""
	}
	return "\n" + head(diff, shownDiff)
}

// head is the first lines of a text, and how many there are more.
func head(text string, limit int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(lines) <= limit {
		return text
	}
	return strings.Join(lines[:limit], "\n") + fmt.Sprintf("\n… %s", finding.Counted(len(lines)-limit, "more line"))
}

// briefly cuts a table with its header to the rows that are shown, and says how many there are more.
func briefly(rows [][]string, what string) [][]string {
	if len(rows) <= shownRows+1 {
		return rows
	}
	return append(slices.Clone(rows[:shownRows+1]),
		[]string{fmt.Sprintf("and %s", finding.Counted(len(rows)-shownRows-1, "more "+what))})
}

// worstFirst orders many workloads so that those in trouble come first, then those with the most pods.
func (r *Report) worstFirst() []Workload {
	if len(r.Workloads) <= shownRows {
		return r.Workloads
	}
	weight := map[string]Standing{}
	for _, s := range r.Standings() {
		weight[s.Label()] = s
	}
	return slices.SortedStableFunc(slices.Values(r.Workloads), func(a, b Workload) int {
		return ByWeight(weight[a.Label()], weight[b.Label()])
	})
}
