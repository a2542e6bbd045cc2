package kustomize

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
)

// imageFindings reports the images that no rendered manifest uses, and those that a later entry changes to another one.
func imageFindings(dir string, objects []Object, opts Options) ([]finding.Finding, error) {
	path, err := Find(dir)
	if err != nil || len(opts.Images) == 0 {
		return nil, err
	}
	unmatched, err := unmatchedNames(dir, opts)
	if err != nil {
		return nil, err
	}
	lines := entryLines(path)
	var findings []finding.Finding
	for _, image := range opts.Images {
		switch {
		case slices.Contains(unmatched, image.Name):
			findings = append(findings, unmatchedFinding(path, lines[image.Name], image))
		case !isRendered(objects, edit.Reference(image)):
			findings = append(findings, overruledFinding(path, lines[image.Name], image))
		}
	}
	return findings, nil
}

// entryLines are the lines of the entries of images in the file itself. What an edit adds is in no file that people can
// look at: nothing is written once there is an error.
func entryLines(path string) map[string]int {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return edit.Lines(path, content)
}

func unmatchedFinding(path string, line int, image types.Image) finding.Finding {
	return finding.Finding{
		Code:     finding.ImageUnmatched,
		Severity: finding.Error,
		Image:    image.Name,
		Message:  fmt.Sprintf("Image %s of the input images is used by no manifest of %s, so the deploy would go on with the old image.", image.Name, path),
		Fix:      "Write the name as it stands in the manifests' image fields, or drop it from the input images.",
		File:     path,
		Line:     line,
	}
}

// overruledFinding: kustomize applies the entries of images in turn, so a later one may change what an earlier one has set.
func overruledFinding(path string, line int, image types.Image) finding.Finding {
	f := unmatchedFinding(path, line, image)
	f.Message = fmt.Sprintf("Image %s is set to %s, and then a later entry of images in %s changes it to something that was not verified.",
		image.Name, edit.Reference(image), path)
	f.Fix = "Remove the entry that names " + image.NewName + ", or set that image in the input images too."
	return f
}

// isRendered reports whether the text is a value anywhere in the objects.
func isRendered(objects []Object, text string) bool {
	return slices.ContainsFunc(objects, func(o Object) bool { return contains(o.Object, text) })
}

func contains(value any, text string) bool {
	switch value := value.(type) {
	case string:
		return value == text
	case []any:
		return slices.ContainsFunc(value, func(item any) bool { return contains(item, text) })
	case map[string]any:
		for _, item := range value {
			if contains(item, text) {
				return true
			}
		}
	}
	return false
}

// unmatchedNames returns the names of the images that no rendered manifest uses. A typo there would deploy the old image
// without a word.
//
// Kustomize itself gives the answer: each image is set to a name of its own that exists nowhere else, and those that
// then stand in no object are unmatched. That holds for bases and components, for kinds that `configurations` names,
// and for two images that share a repository.
func unmatchedNames(dir string, opts Options) ([]string, error) {
	missing, err := unmatchedOf(dir, opts.Content, opts.Images, opts)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, image := range missing {
		// With all images renamed, one whose name is what another entry makes of an image is not found.
		alone, err := unmatchedOf(dir, opts.Content, []types.Image{image}, opts)
		if err != nil {
			return nil, err
		}
		if len(alone) > 0 {
			names = append(names, image.Name)
		}
	}
	return names, nil
}

func unmatchedOf(dir string, content []byte, images []types.Image, opts Options) ([]types.Image, error) {
	path, err := Find(dir)
	if err != nil {
		return nil, err
	}
	renamed := make([]types.Image, len(images))
	for i, image := range images {
		renamed[i] = types.Image{Name: image.Name, NewName: sentinel(i), NewTag: "unmatched"}
	}
	if opts.Content, _, err = edit.SetImages(path, content, renamed); err != nil {
		return nil, err
	}
	r, err := newRenderer(dir, opts)
	if err != nil {
		return nil, err
	}
	resources, err := r.run(false)
	if err != nil {
		return nil, err
	}
	rendered, err := resources.AsYaml()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var missing []types.Image
	for i, image := range images {
		if !strings.Contains(string(rendered), sentinel(i)) {
			missing = append(missing, image)
		}
	}
	return missing, nil
}

// The top-level domain invalid is reserved for names that exist nowhere: https://www.rfc-editor.org/rfc/rfc2606
func sentinel(index int) string { return fmt.Sprintf("image-%d.multiarch-deploy.invalid/image", index) }
