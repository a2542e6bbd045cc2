package report

import "strings"

// imagesSection lists the images with what the registry has of them.
func (r *Report) imagesSection(o SummaryOptions, room int) string {
	if len(r.Images) == 0 {
		return ""
	}
	rows := [][]string{{"image", "reference", "platforms", "size", "attestations", "digest"}}
	for _, image := range r.Images {
		rows = append(rows, []string{code(image.Name), code(image.Reference), codes(image.Platforms), image.sizes(),
			codes(image.Attestations), code(shortDigest(image.Digest))})
	}
	rows = dropEmptyColumns(rows)
	var lines []string
	for _, cells := range rows[1:] {
		lines = append(lines, row(cells...))
	}
	return tableHead(rows[0]...) + fit(room, lines, o.leftOut("image"))
}

func codes(names []string) string {
	var all []string
	for _, name := range names {
		all = append(all, code(name))
	}
	return strings.Join(all, "<br>")
}
