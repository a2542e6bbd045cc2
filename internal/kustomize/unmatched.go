package kustomize

import (
	"fmt"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
)

// Unmatched returns the names of the images that no rendered manifest uses. A typo there would deploy the old image
// without a word.
//
// Kustomize itself gives the answer: each image is set to a name of its own that exists nowhere else, and those that
// then stand in no object are unmatched. That holds for bases and components, for kinds that `configurations` names,
// and for two images that share a repository. Content is the kustomization's content; opts.Content is not looked at.
func Unmatched(dir string, content []byte, images []types.Image, opts RenderOptions) ([]string, error) {
	missing, err := unmatchedOf(dir, content, images, opts)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, image := range missing {
		// With all images renamed, one whose name is what another entry makes of an image is not found.
		alone, err := unmatchedOf(dir, content, []types.Image{image}, opts)
		if err != nil {
			return nil, err
		}
		if len(alone) > 0 {
			names = append(names, image.Name)
		}
	}
	return names, nil
}

func unmatchedOf(dir string, content []byte, images []types.Image, opts RenderOptions) ([]types.Image, error) {
	path, err := Find(dir)
	if err != nil {
		return nil, err
	}
	renamed := make([]types.Image, len(images))
	for i, image := range images {
		renamed[i] = types.Image{Name: image.Name, NewName: sentinel(i), NewTag: "unmatched"}
	}
	if opts.Content, _, err = SetImages(path, content, renamed); err != nil {
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
