package kustomize

import (
	"fmt"
	"strings"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/renderer"
)

// imageFindings reports the images that no rendered manifest uses, and those that a later entry changes to another one.
// Either would deploy an image that was not verified, without a word.
func imageFindings(path string, images []types.Image, uses []renderer.ImageUse) []finding.Finding {
	var findings []finding.Finding
	for i, use := range uses {
		f := finding.Finding{Code: finding.ImageUnmatched, Severity: finding.Error, Image: images[i].Name, File: path,
			Line: use.Line}
		switch {
		case use.Overruled:
			f.Message, f.Fix = overruled(path, images[i])
		case !use.Used:
			f.Message, f.Fix = unmatched(path, images[i].Name, use.Candidates)
		default:
			continue
		}
		findings = append(findings, f)
	}
	return findings
}

// overruled: kustomize applies the entries of images in turn, so a later one may change what an earlier one has set.
func overruled(path string, image types.Image) (message, fix string) {
	return fmt.Sprintf("Image %s is set to %s, and then a later entry of images in %s changes it to something that was "+
			"not verified.",
			image.Name, edit.Reference(image), path),
		"Remove the entry that names " + image.NewName + ", or set that image in the input images too."
}

// maxCandidates is how many names a message lists.
const maxCandidates = 10

func unmatched(path, name string, candidates []renderer.Candidate) (message, fix string) {
	message = fmt.Sprintf("Image %s of the input images is used by no manifest of %s, so the deploy would go on with "+
		"the old image.", name, path)
	if len(candidates) == 0 {
		return message, "The manifests use no image at all. Add a manifest that does to resources, or drop the image from " +
			"the input images."
	}
	var names []string
	for _, c := range candidates {
		names = append(names, c.Name)
	}
	listed := strings.Join(names[:min(len(names), maxCandidates)], ", ")
	if more := len(names) - maxCandidates; more > 0 {
		listed += fmt.Sprintf(" and %d more", more)
	}
	fix = fmt.Sprintf("Write the name as the manifests have it, or drop it from the input images. They use %s.", listed)
	if first := candidates[0]; first.File != "" {
		fix += fmt.Sprintf(" %s:%d makes %s of %s.", first.File, first.Line, first.Name, name)
	}
	return message, fix
}
