package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// PlacementTable says for each workload and architecture how many pods run there, or, before anything runs, what would
// happen there. It returns nil when there are no workloads.
func (r *Report) PlacementTable() [][]string {
	if len(r.Workloads) == 0 {
		return nil
	}
	architectures := r.architectures()
	counts, ready := r.Placement(), r.readiness()
	header := append([]string{"workload"}, architectures...)
	if len(r.Pods) > 0 {
		header = append(header, "ready")
	}
	rows := [][]string{header}
	for _, w := range r.worstFirst() {
		row := []string{w.Label()}
		for _, architecture := range architectures {
			row = append(row, w.cell(architecture, counts[w.Label()][architecture]))
		}
		if len(r.Pods) > 0 {
			row = append(row, ready[w.Label()])
		}
		rows = append(rows, row)
	}
	for _, label := range r.severalTemplates() { // which of them made a pod is not known
		if row := []string{label}; len(counts[label]) > 0 {
			for _, architecture := range architectures {
				row = append(row, Workload{}.cell(architecture, counts[label][architecture]))
			}
			rows = append(rows, append(row, ready[label]))
		}
	}
	return briefly(rows, "workload")
}

// severalTemplates names the objects that have more than one row.
func (r *Report) severalTemplates() []string {
	var all []string
	for _, w := range r.Workloads {
		if w.Template != "" {
			w.Template = ""
			all = append(all, w.Label())
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// cell joins what was foreseen with what was seen.
func (w Workload) cell(architecture string, pods int) string {
	outcome := cmp.Or(string(w.Architectures[architecture]), "-")
	switch {
	case pods > 1:
		return fmt.Sprintf("%s (%d pods)", outcome, pods)
	case pods == 1:
		return outcome + " (1 pod)"
	case slices.Contains(w.WithoutNode, architecture):
		return outcome + " (" + NoNodeYet + ")"
	}
	return outcome
}

// NoNodeYet marks an outcome that rests on nodes which a pool can have, and which are not there.
const NoNodeYet = "no node yet"

// readiness counts, by workload, what is well of what is wanted, as countPods does for all of them.
func (r *Report) readiness() map[string]string {
	total, ready := map[string]int64{}, map[string]int64{}
	for _, pod := range r.Pods {
		total[workloadOf(pod)]++
		if isWell(pod) {
			ready[workloadOf(pod)]++
		}
	}
	for id, n := range r.Wanted {
		label := LabelOf(id)
		total[label] = max(n, total[label])
	}
	text := map[string]string{}
	for workload, n := range total {
		text[workload] = fmt.Sprintf("%d/%d", ready[workload], n)
	}
	return text
}

// architectures are the columns of the placement table: all that a node or an image of a workload has.
func (r *Report) architectures() []string {
	set := map[string]bool{}
	for _, w := range r.Workloads {
		for architecture := range w.Architectures {
			set[architecture] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// ImageTable lists the images with their digests and platforms, or returns nil when there are none.
func (r *Report) ImageTable() [][]string {
	if len(r.Images) == 0 {
		return nil
	}
	rows := [][]string{{"image", "reference", "platforms", "size", "attestations", "digest"}}
	for _, image := range r.Images {
		rows = append(rows, []string{image.Name, image.Reference, strings.Join(image.Platforms, ", "), image.Sizes(),
			strings.Join(image.Attestations, ", "), ShortDigest(image.Digest)})
	}
	return briefly(DropEmptyColumns(rows), "image")
}

// DropEmptyColumns leaves out the columns that have nothing below their header.
func DropEmptyColumns(rows [][]string) [][]string {
	var kept []int
	for column := range rows[0] {
		filled := func(row []string) bool { return row[column] != "" }
		if slices.ContainsFunc(rows[1:], filled) {
			kept = append(kept, column)
		}
	}
	narrow := make([][]string, len(rows))
	for i, row := range rows {
		for _, column := range kept {
			narrow[i] = append(narrow[i], row[column])
		}
	}
	return narrow
}

// Sizes is what a node pulls: of the smallest platform, and of the largest where that is another number.
func (i Image) Sizes() string {
	if len(i.Manifests) == 0 {
		return ""
	}
	size := func(a, b Manifest) int { return cmp.Compare(a.Size, b.Size) }
	least, most := progress.Size(slices.MinFunc(i.Manifests, size).Size),
		progress.Size(slices.MaxFunc(i.Manifests, size).Size)
	if least == most {
		return most
	}
	return least + " to " + most
}

// ShortDigest is the beginning of a digest, enough to recognise it.
func ShortDigest(digest string) string {
	const shown = len("sha256:") + 12
	return digest[:min(len(digest), shown)]
}

// Table lays rows of cells out in columns, the first row being the header.
func Table(rows [][]string) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 3, ' ', 0)
	for _, row := range rows {
		// Writing to a strings.Builder does not fail.
		_, _ = w.Write([]byte(strings.Join(row, "\t") + "\n"))
	}
	_ = w.Flush()
	lines := strings.Split(strings.TrimRight(text.String(), "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}
