package build

import (
	"fmt"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// Fault is the error of a builder when the user's own files are to blame: what is wrong with all of them. Any other
// error means that something the build needs has failed.
type Fault struct {
	// Findings are the reasons, each with its next step; there is at least one.
	Findings []finding.Finding
}

// Error lists the findings' messages, one per line.
func (f *Fault) Error() string {
	var lines []string
	for _, reason := range f.Findings {
		lines = append(lines, reason.Message)
	}
	return fmt.Sprintf("building images: %s", strings.Join(lines, "\n"))
}
