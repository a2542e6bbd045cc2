package action

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
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
	seen := map[rollout.Container]bool{}
	for i, applied := range d.changes {
		if applied.After == nil || template.IsCustom(applied.After) {
			continue
		}
		of, ok := template.Single(applied.After)
		if !ok {
			continue
		}
		wants := imagesOf(of.Spec)
		for _, c := range containers {
			wanted := wants[part{c.Name, c.Volume}]
			if c.Workload != applied.Object || c.Image == wanted || d.foreseen(wanted, c.Image) {
				continue
			}
			if c.Digest, c.Architecture = "", ""; seen[c] { // on another node
				continue
			}
			seen[c] = true
			other := change.OtherImage{Container: c.Name, Volume: c.Volume, Wanted: wanted, Runs: c.Image}
			d.changes[i].OtherImages = append(d.changes[i].OtherImages, other)
			findings = append(findings, other.Finding(applied.Object, object.Name(applied.After.GetKind(), applied.After)))
		}
	}
	return findings
}

// keptImages reports pods that run what a tag of the inputs named before: a workload that names the same tag is not
// rolled out anew, and a node that has an image of the tag does not pull it again.
// https://kubernetes.io/docs/concepts/containers/images/#imagepullpolicy-defaulting
//
// Of an image that came to a node by several indexes the node names any one of these, so the registry is asked what is
// behind the one that it names.
func (d *deploy) keptImages(ctx context.Context, containers []rollout.Container) []finding.Finding {
	var findings []finding.Finding
	seen := map[rollout.Container]bool{}
	for _, c := range containers {
		img := d.verifiedAs(c.Image)
		if img == nil || c.Digest == "" || img.Has(c.Digest) {
			continue
		}
		earlier := img.Reference.Context().Digest(c.Digest)
		d.images.Resolve(ctx, []name.Reference{earlier})
		result := d.images.Result(earlier)
		if result.Image == nil || img.SameOn(c.Architecture, result.Image) {
			continue
		}
		if c.Architecture = ""; seen[c] { // on the nodes of another
			continue
		}
		seen[c] = true
		_, workload, _ := strings.Cut(c.Workload, " ")
		findings = append(findings, finding.Finding{
			Code: finding.HeldBack, Severity: finding.Warning, Object: c.Workload, Container: c.Name, Image: c.Image,
			Message: fmt.Sprintf("%s, container %s: pods run %s, which is not what tag %s names now: %s.",
				workload, c.Name, c.Digest, img.Reference.Identifier(), img.Digest),
			Fix: "Set pin-digest: true, or give each build a tag of its own. Nodes keep what they have pulled by a tag.",
		})
	}
	return findings
}

// verifiedAs is the image of the inputs that a tag refers to; nil for other references.
func (d *deploy) verifiedAs(reference string) *image.Image {
	tag, err := name.NewTag(reference)
	if err != nil {
		return nil
	}
	for _, v := range d.verified {
		if v.image != nil && v.image.Reference.Name() == tag.Name() {
			return v.image
		}
	}
	return nil
}

// part is a container of a pod, or a volume.
type part struct {
	name   string
	volume bool
}

func imagesOf(spec corev1.PodSpec) map[part]string {
	images := map[part]string{}
	for _, c := range slices.Concat(spec.InitContainers, spec.Containers) {
		images[part{c.Name, false}] = c.Image
	}
	for _, v := range spec.Volumes {
		if v.Image != nil {
			images[part{v.Name, true}] = v.Image.Reference
		}
	}
	return images
}
