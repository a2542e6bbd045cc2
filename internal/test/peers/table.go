package peers

import (
	"fmt"
	"strings"
	"time"
)

// Row compares what the program and a peer took for the same.
type Row struct {
	// What they did.
	What string
	// Ours and Theirs are the runs of each; no peer where there is none to compare with.
	Ours, Theirs []Usage
	// Note is a remark, such as what the peer came to, or the limit that a row is to keep to.
	Note string
}

// Table is the rows of a part in Markdown, medians and ratios: how many times what the program took the peer took.
func Table(peer string, rows []Row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| | multiarch-deploy | %s | times faster | CPU | %[1]s | times less | memory | %[1]s | |\n", peer)
	b.WriteString("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n")
	for _, r := range rows {
		ours, theirs := Median(r.Ours), Median(r.Theirs)
		cells := []string{
			r.What,
			seconds(ours.Wall), seconds(theirs.Wall), ratio(ours.Wall, theirs.Wall),
			seconds(ours.CPU), seconds(theirs.CPU), ratio(ours.CPU, theirs.CPU),
			megabytes(ours.Peak), megabytes(theirs.Peak), r.Note,
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return b.String()
}

// Ways has the runs of several methods that do the same.
type Ways struct {
	What string
	Runs [][]Usage
}

// WallTable is the wall times of ways in Markdown, medians, and how many times faster than the first each was. It is
// for work that is done by daemons, whose CPU time and memory Usage lacks.
func WallTable(ways []string, rows []Ways) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| | %s |\n", strings.Join(ways, " | "))
	b.WriteString("| --- |" + strings.Repeat(" ---: |", len(ways)) + "\n")
	for _, r := range rows {
		cells := []string{r.What}
		first := Median(r.Runs[0]).Wall
		for i, runs := range r.Runs {
			wall := Median(runs).Wall
			cell := seconds(wall)
			if i > 0 {
				cell += " (" + ratio(wall, first) + " ×)"
			}
			cells = append(cells, cell)
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return b.String()
}

func seconds(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func ratio(ours, theirs time.Duration) string {
	if ours == 0 || theirs == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", theirs.Seconds()/ours.Seconds())
}

func megabytes(bytes int64) string {
	if bytes == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f MB", float64(bytes)/1e6)
}

// Replace puts the text of a part into its place in a page, between its two comments.
func Replace(page, part, text string) (string, error) {
	begin, end := "<!-- "+part+" -->\n", "<!-- /"+part+" -->"
	before, rest, ok := strings.Cut(page, begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return "", fmt.Errorf("the page has no place for %s: %q and %q", part, begin, end)
	}
	return before + begin + text + end + after, nil
}
