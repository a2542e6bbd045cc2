package summary

import (
	"fmt"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/markdown"
)

// changesSection shows what changed: the entries of the kustomization, and the objects. What a plan would change is
// shown as a diff.
func (r page) changesSection(o Options, room int) string {
	return r.editTable(o, room/5) + r.changeTable(o, room/4) + r.diffs(o, room/2)
}

func (r page) editTable(o Options, room int) string {
	if len(r.Edits) == 0 {
		return ""
	}
	var rows []string
	for _, edit := range r.Edits {
		after := "→ " + markdown.Code(edit.After)
		if edit.Before != "" {
			after = markdown.Code(edit.Before) + "<br>" + after
		}
		rows = append(rows, markdown.Row(markdown.Code(edit.File), markdown.Code(edit.Name), after))
	}
	return markdown.TableHead("file", "image", "set to") + markdown.Fit(room, rows, o.leftOut("edit")) + "\n"
}

var actionIcon = map[change.Action]string{
	change.Created: "🟢", change.Recreated: "🟡", change.Configured: "🔵", change.Unchanged: "⚪",
	change.Pruned: "🔴", change.RolledBack: "🟠",
}

// changeTable lists the objects that changed, and folds a long list.
func (r page) changeTable(o Options, room int) string {
	var rows []string
	unchanged := 0
	for _, c := range r.Changes {
		if c.Action == change.Unchanged {
			unchanged++
			continue
		}
		rows = append(rows, markdown.Row(markdown.Code(c.Object), actionIcon[c.Action]+" "+string(c.Action)))
	}
	text := ""
	if len(rows) > 0 {
		text = markdown.TableHead("object", "action") + markdown.Fit(room, rows, o.leftOut("object")) + "\n"
	}
	if len(rows) > openRows {
		text = markdown.Fold(finding.Counted(len(rows), "object"), text) + "\n"
	}
	if unchanged > 0 {
		text += finding.Counted(unchanged, "object") + " unchanged.\n\n"
	}
	return text
}

// diffs shows what a plan would change in each object. What is new is whole in its manifest.
func (r page) diffs(o Options, room int) string {
	if !r.Planned {
		return ""
	}
	var parts []string
	for _, c := range r.Changes {
		if c.Action == change.Created {
			continue
		}
		diff := c.Diff()
		if diff == "" || len(diff) > room/2 {
			continue
		}
		title := fmt.Sprintf("%s <code>%s</code>", c.Action, markdown.Entities(redact.OneLine(c.Object)))
		parts = append(parts, markdown.Fold(title, markdown.Fence("diff", strings.TrimSpace(diff))))
	}
	return markdown.Fit(room, parts, o.leftOut("diff"))
}
