package renderer

import (
	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/imageuse"
)

// Kustomize itself says which images are used where: each is set to a name of its own that exists nowhere else, its
// sentinel. That holds for bases and components, for kinds that `configurations` names, and for two images that share a
// repository. The same pass gives the objects: the sentinels are replaced by the real references. Where a sentinel may
// have decided more than the text of image fields, the objects come from a second pass, without sentinels.

// ImageUse is what became of an image that the kustomization sets.
type ImageUse struct {
	// Used reports that a manifest uses the image's name.
	Used bool `json:"used"`
	// Overruled reports that a later entry of images changes what the entry of this one has set.
	Overruled bool `json:"overruled"`
	// Line is that of the image's entry in the file itself, or 0 where it has none.
	Line int `json:"line"`
	// Candidates are what the name might have been, for an image that is not used: the names that the manifests have
	// where the kustomization sets images, likeliest first.
	Candidates []Candidate `json:"candidates,omitempty"`
}

// renderImages renders, and finds out about the images.
func (r *renderer) renderImages(images []types.Image) (*rendering, error) {
	marked, err := r.mark(images)
	if err != nil {
		return nil, err
	}
	s := imageuse.NewSentinels(images)
	restored := sink{again: r.sent.begin, each: func(o *sentObject) {
		s.Restore(o.Object)
		r.sent.send(o)
	}}
	p, markedErr := r.objects(marked, restored)
	isPlain := false // without sentinels
	if markedErr != nil || s.Spilled || r.mayDepend(images) {
		r.sent.begin()
		if p, err = r.objects(r.content, r.sent); err != nil {
			return nil, err
		}
		isPlain = true
	}
	if markedErr != nil { // something after the images depends on them, such as a test of a patch in transformers
		s.FindRendered(contents(p.objects))
	}
	notices := r.words.Notices(r.printed)
	return &rendering{p.targets(), r.uses(images, s.Found, isPlain, p.objects), notices}, nil
}

// mark sets the images of the content to their sentinels.
func (r *renderer) mark(images []types.Image) ([]byte, error) {
	marked := make([]types.Image, len(images))
	for i, image := range images {
		marked[i] = imageuse.Sentinel(i, image.Name)
	}
	content, _, err := edit.SetImages(r.path, r.content, marked)
	return content, err
}

func (r *renderer) uses(images []types.Image, found []bool, isPlain bool, objects []sentObject) []ImageUse {
	lines := edit.Lines(r.path, r.read())
	uses, all := make([]ImageUse, len(images)), contents(objects)
	for i, image := range images {
		used := found[i] || r.isUsedAlone(images, i)
		uses[i] = ImageUse{Used: used, Line: lines[image.Name], Overruled: used && isPlain &&
			!imageuse.IsRendered(all, edit.Reference(image))}
	}
	r.addCandidates(images, uses)
	return uses
}

// isUsedAlone reports whether a manifest uses the image at an index that was not found with all images set to
// sentinels: one whose name is what another entry makes of an image is tried alone.
func (r *renderer) isUsedAlone(images []types.Image, index int) bool {
	if !r.isMadeByOthers(images, index) {
		return false
	}
	alone, err := r.mark(images[index : index+1])
	if err != nil {
		return false
	}
	one := imageuse.NewSentinels(images[index : index+1])
	_, err = r.objects(alone, sink{each: func(o *sentObject) { one.Restore(o.Object) }})
	return err == nil && one.Found[0]
}

// isMadeByOthers reports whether the image at an index matches what another image is set to.
func (r *renderer) isMadeByOthers(images []types.Image, index int) bool {
	name := imageuse.NewPattern(images[index].Name)
	for i, other := range images {
		if i != index && name.Matches(edit.Reference(other)) {
			return true
		}
	}
	return false
}

// mayDepend reports whether the real references could lead to other objects than the sentinels do, in a way that leaves
// no trace in the objects.
func (r *renderer) mayDepend(images []types.Image) bool {
	var root types.Kustomization
	if root.Unmarshal(r.content) != nil || len(root.Transformers)+len(root.Validators) > 0 {
		return true
	}
	return mayChain(images, root.Images) || r.files.Mention("needs-hash") ||
		r.files.Mention("eplacement") && (r.files.Mention("delimiter") || r.files.Mention("encoding") ||
			r.files.Mention("image="))
}

// mayChain reports whether the entry of another image matches the reference or the sentinel of an image.
func mayChain(images, entries []types.Image) bool {
	var references [][2]string
	for i, image := range images {
		references = append(references, [2]string{edit.Reference(image), edit.Reference(imageuse.Sentinel(i, image.Name))})
	}
	for _, entry := range entries {
		name := imageuse.NewPattern(entry.Name)
		for i, image := range images {
			if entry.Name != image.Name && (name.Matches(references[i][0]) || name.Matches(references[i][1])) {
				return true
			}
		}
	}
	return false
}

// contents are the objects alone.
func contents(objects []sentObject) []map[string]any {
	all := make([]map[string]any, len(objects))
	for i, o := range objects {
		all[i] = o.Object
	}
	return all
}
