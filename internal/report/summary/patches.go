package summary

import "github.com/multiarch-deploy/multiarch-deploy/internal/report/markdown"

// patchesSection lists the patches.
func (r page) patchesSection(o Options, room int) string {
	if len(r.Patches) == 0 {
		return ""
	}
	var rows []string
	for _, p := range r.Patches {
		rows = append(rows, markdown.Row(
			markdown.Code(markdown.Cut(p.Object, 600)), string(p.Action), markdown.Prose(markdown.Cut(p.Reason, 1000))))
	}
	return markdown.TableHead("patch", "", "why") + markdown.Fit(room, rows, o.leftOut("patch"))
}
