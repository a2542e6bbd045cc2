package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

// Headline says in a line how the run ended, or "" when it came to nothing.
func (r *Report) Headline() string {
	var parts []string
	if r.Audit != nil {
		parts = append(parts, r.auditHeadline())
	}
	if len(r.Pods) > 0 || len(r.Wanted) > 0 {
		parts = append(parts, countPods(r.Pods, r.Wanted))
	}
	if patches := countPatches(r.Patches); patches != "" {
		parts = append(parts, patches)
	}
	if r.NoPatches {
		parts = append(parts, "no patch is needed")
	}
	if changes := countChanges(r.Changes); changes != "" && r.Planned {
		parts = append(parts, "would be "+changes)
	} else if changes != "" {
		parts = append(parts, changes)
	}
	if recorded := r.Commit.headline(); recorded != "" {
		parts = append(parts, recorded)
	}
	if findings := countFindings(r.Findings); findings != "" {
		parts = append(parts, findings)
	}
	return strings.Join(parts, " · ")
}

// countPods counts what is well of what is wanted: pods that do not exist yet are not ready either.
func countPods(pods []rollout.Pod, wanted map[string]int64) string {
	well, there := 0, map[string]int64{}
	for _, pod := range pods {
		there[pod.Workload]++
		if isWell(pod) {
			well++
		}
	}
	total := int64(len(pods))
	for workload, n := range wanted {
		total += max(0, n-there[workload])
	}
	return fmt.Sprintf("%d of %d pods ready", well, total)
}

// isWell reports whether a pod does what it is there for: it is ready, or a Job's that has done its work.
func isWell(pod rollout.Pod) bool { return pod.Ready || pod.Reason == "Completed" }

func countChanges(changes change.Set) string {
	counts := map[change.Action]int{}
	for _, c := range changes {
		counts[c.Action]++
	}
	var parts []string
	for _, action := range []change.Action{change.Created, change.Recreated, change.Configured, change.Unchanged,
		change.Pruned, change.RolledBack} {
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

// Outcome says in a few words what the run came to, or "" where the findings say it.
func (r *Report) Outcome() string {
	rolledBack := slices.ContainsFunc(r.Changes, func(c change.Change) bool { return c.Action == change.RolledBack })
	switch {
	case r.Audit != nil:
		return "An audit: nothing was changed"
	case r.Target.Cluster == "":
		return r.done()
	case r.Planned:
		return "A plan: nothing was applied"
	case len(r.Changes) == 0: // a failure before that, or what only writes files
		return "Nothing was applied"
	case rolledBack:
		return "Failed, and rolled back"
	case r.Verdict == Failed && len(r.Pods) > 0:
		return "The rollout failed"
	case r.Verdict == Failed:
		return "Failed on the way"
	case len(r.Pods) == 0:
		return "Applied"
	default:
		return "Deployed"
	}
}

// done says what a run that is no deploy has done.
func (r *Report) done() string {
	switch {
	case r.Verdict == Failed:
		return ""
	case len(r.Images) > 0:
		return finding.Counted(len(r.Images), "image") + " verified"
	case len(r.Edits) > 0:
		return finding.Counted(len(r.Edits), "image") + " set"
	default:
		return ""
	}
}
