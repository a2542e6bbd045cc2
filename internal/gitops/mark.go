package gitops

import (
	"fmt"
	"regexp"
	"strconv"
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
