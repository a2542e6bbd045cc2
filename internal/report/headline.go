package report

import (
	"fmt"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// Headline says in a line how the run ended.
func (r *Report) Headline() string {
	var parts []string
	if len(r.Pods) > 0 {
		ready := 0
		for _, pod := range r.Pods {
			if pod.Ready {
				ready++
			}
		}
		parts = append(parts, fmt.Sprintf("%d of %d pods ready", ready, len(r.Pods)))
	}
	if changes := countChanges(r.Changes); changes != "" {
		parts = append(parts, changes)
	}
	if findings := countFindings(r.Findings); findings != "" {
		parts = append(parts, findings)
	}
	if len(parts) == 0 {
		return "nothing to report"
	}
	return strings.Join(parts, " · ")
}

func countChanges(changes apply.ChangeSet) string {
	counts := map[apply.Action]int{}
	for _, change := range changes {
		counts[change.Action]++
	}
	var parts []string
	for _, action := range []apply.Action{apply.Created, apply.Configured, apply.Unchanged, apply.Pruned, apply.RolledBack} {
		if counts[action] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[action], action))
		}
	}
	return strings.Join(parts, ", ")
}

func countFindings(findings []finding.Finding) string {
	counts := map[finding.Severity]int{}
	for _, f := range findings {
		counts[f.Severity]++
	}
	var parts []string
	for _, severity := range []finding.Severity{finding.Error, finding.Warning} {
		switch n := counts[severity]; n {
		case 0:
		case 1:
			parts = append(parts, fmt.Sprintf("1 %s", severity))
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", n, severity))
		}
	}
	return strings.Join(parts, ", ")
}
