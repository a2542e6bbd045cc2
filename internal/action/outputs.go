package action

import (
	"encoding/json"

	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// Output is an output of the action's step.
type Output struct{ Name, Value string }

// outputs are the step's outputs; action.yml describes each.
func outputs(r *report.Report, path string) []Output {
	images := map[string]string{}
	digest := ""
	for _, image := range r.Images {
		images[image.Name] = image.Reference
		if image.Digest != "" {
			images[image.Name] += "@" + image.Digest
		}
	}
	if len(r.Images) > 0 {
		digest = r.Images[0].Digest
	}
	return []Output{
		{"verdict", string(r.Verdict)},
		{"images", compact(images)},
		{"digest", digest},
		{"placement", compact(r.Placement())},
		{"changes", compact(r.Changes)},
		{"report", path},
		{"commit-sha", r.Commit.SHA},
		{"pull-request-url", r.Commit.PullRequest},
	}
}

// compact is v as JSON on one line. The values are maps and lists of strings and numbers, which encode always.
func compact(v any) string {
	content, _ := json.Marshal(v)
	return string(content)
}
