package message

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Mark is the last line of a commit message of ours, a trailer as git has them
// (https://git-scm.com/docs/git-interpret-trailers). By it the next run knows its own kind, and which was started
// later.
type Mark struct {
	// Run is the ID of the workflow run, which GitHub counts up; 0 outside of one.
	Run int64
	// Revision is the commit that was deployed.
	Revision string
}

// After reports whether the mark is of a run that was started later.
func (m Mark) After(other Mark) bool { return other.Run != 0 && m.Run > other.Run }

// String is the trailer.
func (m Mark) String() string {
	return fmt.Sprintf("Multiarch-Deploy: run=%d revision=%s", m.Run, m.Revision)
}

// Squashed commits contain the lines of the commits that they are made of, some of them indented.
var markForm = regexp.MustCompile(`^[ \t]*Multiarch-Deploy: run=(\d+) revision=(\S*)[ \t]*$`)

// trailerForm are the lines that GitHub adds below the message of a squashed commit.
var trailerForm = regexp.MustCompile(`^[ \t]*(?:(?:Co-authored-by|Signed-off-by): .*|---+)[ \t]*$`)

// ParseMark reads the mark of a commit message of ours. It counts as the last line alone, apart from those that GitHub
// adds: a message that quotes it further up is a person's. That the message is ours does not mean that the commit is:
// what it changes decides that.
func ParseMark(message string) (Mark, bool) {
	mark, _, ok := cutMark(message)
	return mark, ok
}

// cutMark also returns the lines before the mark.
func cutMark(message string) (mark Mark, before []string, ok bool) {
	lines := strings.Split(strings.ReplaceAll(message, "\r", ""), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.TrimSpace(lines[i]) == "" || trailerForm.MatchString(lines[i]) {
			continue
		}
		parts := markForm.FindStringSubmatch(lines[i])
		if parts == nil {
			return Mark{}, nil, false
		}
		run, err := strconv.ParseInt(parts[1], 10, 64)
		return Mark{Run: run, Revision: parts[2]}, lines[:i], err == nil
	}
	return Mark{}, nil, false
}

var (
	// imageForm is a line of a commit message, as Change writes it, rowForm one of a pull request's text.
	imageForm = regexp.MustCompile(`^[ \t]*(\S+): (?:\S+ -> )?(\S+)[ \t]*$`)
	rowForm   = regexp.MustCompile("^\\| `([^` ]+)` \\| (?:`[^` ]+`)? ?\\| `([^` ]+)` \\|$")
)

// ImagesOf are the images that a message of ours says its commit has set: name -> reference. They are in the paragraph
// before the mark, or in the table that begins a pull request's text.
func ImagesOf(message string) map[string]string {
	_, lines, ok := cutMark(message)
	if !ok {
		return nil
	}
	images := map[string]string{}
	for _, line := range lines {
		if row := rowForm.FindStringSubmatch(line); row != nil {
			images[row[1]] = row[2]
		}
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	for i := len(lines) - 1; i >= 0 && strings.TrimSpace(lines[i]) != ""; i-- {
		if line := imageForm.FindStringSubmatch(lines[i]); line != nil {
			images[line[1]] = line[2]
		}
	}
	return images
}

// IsMerge knows the messages that GitHub and git give to merges. The commits that were merged are listed beside them.
func IsMerge(message string) bool {
	for _, start := range []string{"Merge pull request #", "Merge branch '", "Merge remote-tracking branch '"} {
		if strings.HasPrefix(message, start) {
			return true
		}
	}
	return false
}
