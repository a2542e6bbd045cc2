package gitops

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Mark is the last line of a commit message of ours, a trailer as git has them
// (https://git-scm.com/docs/git-interpret-trailers). By it the next run knows its own kind, and which was started later.
type Mark struct {
	// Run is the ID of the workflow run, which GitHub counts up; 0 outside of one.
	Run int64
	// Revision is the commit that was deployed.
	Revision string
}

// After tells whether the mark is of a run that was started later.
func (m Mark) After(other Mark) bool { return other.Run != 0 && m.Run > other.Run }

// String is the trailer.
func (m Mark) String() string {
	return fmt.Sprintf("Multiarch-Deploy: run=%d revision=%s", m.Run, m.Revision)
}

// Squashed commits hold the lines of the commits that they are made of, some of them indented.
var markForm = regexp.MustCompile(`(?m)^[ \t]*Multiarch-Deploy: run=(\d+) revision=(\S*)[ \t\r]*$`)

// ParseMark finds the mark in a commit message.
func ParseMark(message string) (Mark, bool) {
	parts := markForm.FindStringSubmatch(message)
	if parts == nil {
		return Mark{}, false
	}
	run, err := strconv.ParseInt(parts[1], 10, 64)
	return Mark{Run: run, Revision: parts[2]}, err == nil
}

var imageForm = regexp.MustCompile(`(?m)^[ \t]*(\S+): (?:\S+ -> )?(\S+)[ \t\r]*$`)

// imagesOf are the images that a commit of ours has set: the lines before its mark, as Change writes them.
func imagesOf(message string) map[string]string {
	end := markForm.FindStringIndex(message)
	if end == nil {
		return nil
	}
	lines := strings.TrimSpace(message[:end[0]])
	lines = lines[strings.LastIndex(lines, "\n\n")+1:]
	images := map[string]string{}
	for _, line := range imageForm.FindAllStringSubmatch(lines, -1) {
		images[line[1]] = line[2]
	}
	return images
}
