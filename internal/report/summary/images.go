package summary

import (
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/markdown"
)

// imagesSection lists the images with what the registry has of them.
func (r page) imagesSection(o Options, room int) string {
	if len(r.Images) == 0 {
		return ""
	}
	rows := [][]string{{"image", "reference", "platforms", "size", "attestations", "digest"}}
	for _, image := range r.Images {
		rows = append(rows, []string{markdown.Code(image.Name), markdown.Code(image.Reference), codes(image.Platforms),
			image.Sizes(), codes(image.Attestations), markdown.Code(report.ShortDigest(image.Digest))})
	}
	rows = report.DropEmptyColumns(rows)
	var lines []string
	for _, cells := range rows[1:] {
		lines = append(lines, markdown.Row(cells...))
	}
	return markdown.TableHead(rows[0]...) + markdown.Fit(room, lines, o.leftOut("image"))
}

func codes(names []string) string {
	var all []string
	for _, name := range names {
		all = append(all, markdown.Code(name))
	}
	return strings.Join(all, "<br>")
}
