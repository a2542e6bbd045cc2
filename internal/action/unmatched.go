package action

import (
	"fmt"
	"slices"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize"
)

// rendered is how kustomize writes an image entry into a manifest.
func rendered(image types.Image) string {
	reference := image.NewName + ":" + image.NewTag
	if image.Digest != "" {
		reference += "@" + image.Digest
	}
	return reference
}

// holds tells whether the text is a value anywhere in the objects.
func (m manifests) holds(text string) bool {
	return slices.ContainsFunc(m.objects, func(o kustomize.Object) bool { return holds(o.Object, text) })
}

func holds(value any, text string) bool {
	switch value := value.(type) {
	case string:
		return value == text
	case []any:
		return slices.ContainsFunc(value, func(item any) bool { return holds(item, text) })
	case map[string]any:
		for _, item := range value {
			if holds(item, text) {
				return true
			}
		}
	}
	return false
}

// overruled: kustomize applies the entries of images in turn, so a later one may change what an earlier one has set.
func (d *deploy) overruled(image types.Image) finding.Finding {
	f := d.unmatched(image.Name)
	f.Message = fmt.Sprintf("Image %s is set to %s, and then a later entry of images in %s changes it to something that was not verified.",
		image.Name, rendered(image), d.path)
	f.Fix = "Remove the entry that names " + image.NewName + ", or set that image in the input images too."
	return f
}

func (d *deploy) unmatched(imageName string) finding.Finding {
	f := finding.Finding{
		Code:     finding.ImageUnmatched,
		Severity: finding.Error,
		Image:    imageName,
		Message:  fmt.Sprintf("Image %s of the input images is used by no manifest of %s, so the deploy would go on with the old image.", imageName, d.path),
		Fix:      "Write the name as it stands in the manifests' image fields, or drop it from the input images.",
		File:     d.path,
	}
	for _, edit := range d.report.Edits {
		// An entry that is new stands in no file that people can look at: nothing is written.
		if edit.Name == imageName && edit.Before != "" {
			f.Line = edit.Line
		}
	}
	return f
}
