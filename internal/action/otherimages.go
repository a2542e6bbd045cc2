package action

import (
	"slices"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

// foreseen reports whether runs, an image of the cluster, is what wanted refers to, by the digest that was looked up
// for it; or, where the manifest wants none there, whether the plan has looked at it, since the API server said that it
// would add it.
func (d *deploy) foreseen(wanted, runs string) bool {
	if wanted == "" {
		return slices.Contains(d.references, runs)
	}
	was, err := name.ParseReference(wanted)
	if err != nil {
		return false
	}
	is, err := name.ParseReference(runs)
	if err != nil {
		return false
	}
	if is.Name() == was.Name() {
		return true
	}
	pinned, ok := is.(name.Digest)
	result := d.images.Result(was)
	return ok && result.Image != nil && is.Context() == was.Context() && pinned.DigestStr() == result.Image.Digest.String()
}

// comparePods reports the images of pods that neither their workloads have nor the plan has looked at: a webhook for
// pods may leave the workload as it is. Controllers of custom kinds make of their objects what they like.
func (d *deploy) comparePods(containers []rollout.Container) []finding.Finding {
	var findings []finding.Finding
	for i, change := range d.changes {
		if change.After == nil || template.IsCustom(change.After) {
			continue
		}
		of, ok := template.Single(change.After)
		if !ok {
			continue
		}
		wanted := map[string]string{}
		for _, c := range slices.Concat(of.Spec.InitContainers, of.Spec.Containers) {
			wanted[c.Name] = c.Image
		}
		for _, c := range containers {
			if c.Workload != change.Object || c.Image == wanted[c.Name] || d.foreseen(wanted[c.Name], c.Image) {
				continue
			}
			other := apply.OtherImage{Container: c.Name, Wanted: wanted[c.Name], Runs: c.Image}
			d.changes[i].OtherImages = append(d.changes[i].OtherImages, other)
			findings = append(findings, other.Finding(change.Object, object.Name(change.After.GetKind(), change.After)))
		}
	}
	return findings
}
