package log

import (
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

// annotationsShown is how many annotations of each level GitHub shows of a step; it drops those that come later
// without a word. https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md#limitations
const annotationsShown = 10

// Annotate shows the findings on the lines at fault, in the pull request and on the run's page: of each level as many
// as GitHub shows, those with a line first. It returns how many it left out.
func Annotate(r *runner.Runner, report *report.Report) (leftOut int) {
	room := map[finding.Severity]int{finding.Error: annotationsShown, finding.Warning: annotationsShown,
		finding.Info: annotationsShown}
	if report.Error != "" {
		room[finding.Error]-- // what ended the run is an annotation too, and comes last
	}
	for _, f := range located(report.Findings) {
		if room[f.Severity]--; room[f.Severity] < 0 {
			leftOut++
			continue
		}
		r.Annotate(runner.Annotation{
			Level:   annotationLevel[f.Severity],
			Title:   string(f.Code),
			Message: withFix(f),
			File:    f.File,
			Line:    f.Line,
		})
	}
	return leftOut
}

// located puts the findings that have a line before those that have none.
func located(findings []finding.Finding) []finding.Finding {
	var with, without []finding.Finding
	for _, f := range findings {
		if f.Line > 0 {
			with = append(with, f)
		} else {
			without = append(without, f)
		}
	}
	return append(with, without...)
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
