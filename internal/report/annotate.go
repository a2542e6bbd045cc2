package report

import (
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

// Annotate shows each finding on the line at fault in the pull request and on the run's page.
func Annotate(r *runner.Runner, findings []finding.Finding) {
	for _, f := range findings {
		r.Annotate(runner.Annotation{
			Level:   annotationLevel[f.Severity],
			Title:   string(f.Code),
			Message: withFix(f),
			File:    f.File,
			Line:    f.Line,
		})
	}
}

var annotationLevel = map[finding.Severity]string{
	finding.Error:   "error",
	finding.Warning: "warning",
	finding.Info:    "notice",
}

func withFix(f finding.Finding) string {
	if f.Fix == "" {
		return f.Message
	}
	return f.Message + "\n\n" + f.Fix
}
