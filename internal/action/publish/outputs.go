package publish

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// output is one of the outputs of the action's step.
type output struct {
	Name, Value string
	// short: Value is only a part.
	short bool
}

// outputLimit is how long, in bytes, a list in an output may be. Linux takes no longer environment variable than
// 128 KiB, its name included, and that is how a step hands an output to a script; and all outputs of a job together
// may have 1 MB as UTF-16 (https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax).
const outputLimit = 120_000

// outputs are the step's outputs; action.yml describes each. Of a list that is too long, what says the least is left
// out: of the changes, those that are none; of the placement, the workloads that come last.
func outputs(r *report.Report, path, summary string) []output {
	images, running := map[string]string{}, replacedImages(r.Changes)
	digest := ""
	for _, image := range r.Images {
		images[image.Name] = image.Reference
		if image.Digest != "" {
			images[image.Name] += "@" + image.Digest
		}
		images[image.Name] = cmp.Or(running[image.Reference], images[image.Name])
	}
	if len(r.Images) > 0 {
		digest = r.Images[0].Digest
	}
	placement := r.Placement()
	someImages, somePlacement, someChanges := limitMap(images), limitMap(placement), limitChanges(r.Changes)
	return []output{
		{"verdict", string(r.Verdict), false},
		{"images", compact(someImages), len(someImages) < len(images)},
		{"digest", digest, false},
		{"placement", compact(somePlacement), len(somePlacement) < len(placement)},
		{"changes", compact(someChanges), len(someChanges) < len(r.Changes)},
		{"report", path, false},
		{"summary", summary, false},
		{"commit-sha", r.Commit.SHA, false},
		{"pull-request-url", r.Commit.PullRequest, false},
	}
}

// replacedImages are the images that run, by the references in whose place the cluster put them.
func replacedImages(changes change.Set) map[string]string {
	running := map[string]string{}
	for _, change := range changes {
		for _, image := range change.OtherImages {
			if wanted, _, _ := strings.Cut(image.Wanted, "@"); wanted != "" {
				running[wanted] = image.Runs
			}
		}
	}
	return running
}

// limitMap keeps the entries of a map that have room, in the order of their keys.
func limitMap[V any](all map[string]V) map[string]V {
	kept, size := map[string]V{}, len("{}")
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if size += len(compact(key)) + len(compact(all[key])) + len(":,"); size > outputLimit {
			break
		}
		kept[key] = all[key]
	}
	return kept
}

// limitChanges keeps the changes that have room, in their order.
func limitChanges(all change.Set) change.Set {
	if len(compact(all)) > outputLimit {
		all = slices.DeleteFunc(slices.Clone(all), func(c change.Change) bool { return c.Action == change.Unchanged })
	}
	size := len("[]")
	for i, change := range all {
		if size += len(compact(change)) + len(","); size > outputLimit {
			return all[:i]
		}
	}
	return all
}

// compact is v as JSON on one line. The values are maps and lists of strings and numbers, which encode always.
func compact(v any) string {
	content, _ := json.Marshal(v)
	return string(content)
}
