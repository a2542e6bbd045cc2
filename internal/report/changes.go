package report

import (
	"fmt"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
)

// changesSection shows what changed: the entries of the kustomization, and the objects. What a plan would change is
// shown as a diff.
func (r *Report) changesSection(o SummaryOptions, room int) string {
	return r.editTable(o, room/5) + r.changeTable(o, room/4) + r.diffs(o, room/2)
}

func (r *Report) editTable(o SummaryOptions, room int) string {
	if len(r.Edits) == 0 {
		return ""
	}
	var rows []string
	for _, edit := range r.Edits {
		after := "→ " + code(edit.After)
		if edit.Before != "" {
			after = code(edit.Before) + "<br>" + after
		}
		rows = append(rows, row(code(edit.File), code(edit.Name), after))
	}
	return tableHead("file", "image", "set to") + fit(room, rows, o.leftOut("edit")) + "\n"
}

var actionIcon = map[apply.Action]string{
	apply.Created: "🟢", apply.Recreated: "🟡", apply.Configured: "🔵", apply.Unchanged: "⚪", apply.Pruned: "🔴",
	apply.RolledBack: "🟠",
}

// changeTable lists the objects that changed, and folds a long list.
func (r *Report) changeTable(o SummaryOptions, room int) string {
	var rows []string
	unchanged := 0
	for _, change := range r.Changes {
		if change.Action == apply.Unchanged {
			unchanged++
			continue
		}
		rows = append(rows, row(code(change.Object), actionIcon[change.Action]+" "+string(change.Action)))
	}
	text := ""
	if len(rows) > 0 {
		text = tableHead("object", "action") + fit(room, rows, o.leftOut("object")) + "\n"
	}
	if len(rows) > openRows {
		text = fold(count(len(rows), "object"), text) + "\n"
	}
	if unchanged > 0 {
		text += count(unchanged, "object") + " unchanged.\n\n"
	}
	return text
}

// diffs shows what a plan would change in each object. What is new is whole in its manifest.
func (r *Report) diffs(o SummaryOptions, room int) string {
	if !r.Planned {
		return ""
	}
	var parts []string
	for _, change := range r.Changes {
		diff := change.Diff()
		if change.Action == apply.Created || diff == "" || len(diff) > room/2 {
			continue
		}
		title := fmt.Sprintf("%s <code>%s</code>", change.Action, entities(oneLine(change.Object)))
		parts = append(parts, fold(title, fence("diff", strings.TrimSpace(diff))))
	}
	return fit(room, parts, o.leftOut("diff"))
}
