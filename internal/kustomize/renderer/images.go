package renderer

import (
	"fmt"
	"regexp"
	"strings"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
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
	objects, markedErr := r.objects(marked)
	s := newSentinels(images)
	if markedErr == nil {
		for _, o := range objects {
			s.restore(o.Object)
		}
	}
	if markedErr != nil || s.spilled || r.mayDepend(images) {
		if objects, err = r.objects(r.content); err != nil {
			return nil, err
		}
		s.isPlain = true
	}
	if markedErr != nil { // something after the images depends on them, such as a test of a patch in transformers
		s.findRendered(objects)
	}
	notices := r.notices(r.printed)
	return &rendering{objects, r.uses(images, s, objects), notices}, nil
}

// mark sets the images of the content to their sentinels.
func (r *renderer) mark(images []types.Image) ([]byte, error) {
	marked := make([]types.Image, len(images))
	for i, image := range images {
		marked[i] = sentinel(i, image.Name)
	}
	content, _, err := edit.SetImages(r.path, r.content, marked)
	return content, err
}

func (r *renderer) uses(images []types.Image, s *sentinels, objects []sentObject) []ImageUse {
	lines := edit.Lines(r.path, r.read())
	uses := make([]ImageUse, len(images))
	for i, image := range images {
		used := r.isUsed(images, i, s)
		uses[i] = ImageUse{Used: used, Line: lines[image.Name], Overruled: used && s.isPlain &&
			!isRendered(objects, edit.Reference(image))}
	}
	r.addCandidates(images, uses)
	return uses
}

// isUsed reports whether a manifest uses the image at an index. With all images set to sentinels, one whose name is
// what another entry makes of an image is not found, so that one is tried alone.
func (r *renderer) isUsed(images []types.Image, index int, s *sentinels) bool {
	if s.found[index] || !r.isMadeByOthers(images, index) {
		return s.found[index]
	}
	alone, err := r.mark(images[index : index+1])
	if err != nil {
		return false
	}
	objects, err := r.objects(alone)
	if err != nil {
		return false
	}
	one := newSentinels(images[index : index+1])
	for _, o := range objects {
		one.restore(o.Object)
	}
	return one.found[0]
}

// isMadeByOthers reports whether the image at an index matches what another image is set to.
func (r *renderer) isMadeByOthers(images []types.Image, index int) bool {
	name := newPattern(images[index].Name)
	for i, other := range images {
		if i != index && name.matches(edit.Reference(other)) {
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
	return mayChain(images, root.Images) || r.files.mention("needs-hash") ||
		r.files.mention("eplacement") && (r.files.mention("delimiter") || r.files.mention("encoding") ||
			r.files.mention("image="))
}

// mayChain reports whether the entry of another image matches the reference or the sentinel of an image.
func mayChain(images, entries []types.Image) bool {
	var references [][2]string
	for i, image := range images {
		references = append(references, [2]string{edit.Reference(image), edit.Reference(sentinel(i, image.Name))})
	}
	for _, entry := range entries {
		name := newPattern(entry.Name)
		for i, image := range images {
			if entry.Name != image.Name && (name.matches(references[i][0]) || name.matches(references[i][1])) {
				return true
			}
		}
	}
	return false
}

// pattern is how kustomize compares a reference with the name of an entry, which is a regular expression to it:
// https://pkg.go.dev/sigs.k8s.io/kustomize/api/filters/imagetag
type pattern struct {
	expression *regexp.Regexp // nil matches nothing
	beginning  string
}

func newPattern(name string) pattern {
	expression, err := regexp.Compile("^" + name +
		"(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?$")
	if err != nil {
		return pattern{}
	}
	p := pattern{expression: expression}
	// Of "a|b" only a is bound to the beginning. The literal of a name that begins with ^ is "".
	if alone, err := regexp.Compile(name); err == nil && !strings.Contains(name, "|") {
		p.beginning, _ = alone.LiteralPrefix()
	}
	return p
}

func (p pattern) matches(reference string) bool {
	return p.expression != nil && strings.HasPrefix(reference, p.beginning) && p.expression.MatchString(reference)
}

const mark = "multiarch-deploy-sentinel"

// sentinel is the image at an index under a name that exists nowhere else. Each part of it has the mark, so that no
// part of it is taken for something else: https://www.rfc-editor.org/rfc/rfc2606 reserves the top-level domain.
func sentinel(index int, name string) types.Image {
	own := fmt.Sprintf("%s-%dx", mark, index)
	return types.Image{Name: name, NewName: own + "." + mark + "-invalid/" + own, NewTag: own}
}

// sentinels finds sentinels in objects and puts the references of the images in their place.
type sentinels struct {
	references map[string]int
	real       []string
	found      []bool
	// replaced counts the values that were replaced.
	replaced int
	// spilled reports that a sentinel reached something else than a whole value in an object whose name has no hash.
	spilled bool
	// isPlain reports that the objects come from a pass without sentinels.
	isPlain bool
}

func newSentinels(images []types.Image) *sentinels {
	s := &sentinels{references: map[string]int{}, found: make([]bool, len(images))}
	for i, image := range images {
		s.references[edit.Reference(sentinel(i, image.Name))] = i
		s.real = append(s.real, edit.Reference(image))
	}
	return s
}

// restore puts the references into an object.
func (s *sentinels) restore(object map[string]any) {
	before := s.replaced
	for key, value := range object {
		object[key] = s.replace(value, key == "metadata")
	}
	if kind := object["kind"]; s.replaced > before && (kind == "ConfigMap" || kind == "Secret") {
		s.spilled = true // the hash in its name comes from the sentinel
	}
}

// findRendered finds images by their references, where there are no objects with sentinels.
func (s *sentinels) findRendered(objects []sentObject) {
	for i, reference := range s.real {
		s.found[i] = isRendered(objects, reference)
	}
}

func (s *sentinels) replace(value any, isMetadata bool) any {
	switch value := value.(type) {
	case string:
		return s.replaceText(value, isMetadata)
	case []any:
		for i := range value {
			value[i] = s.replace(value[i], isMetadata)
		}
	case map[string]any:
		for key := range value {
			s.spilled = s.spilled || strings.Contains(key, mark)
			value[key] = s.replace(value[key], isMetadata)
		}
	}
	return value
}

func (s *sentinels) replaceText(text string, isMetadata bool) string {
	if !strings.Contains(text, mark) {
		return text
	}
	index, isWhole := s.references[text]
	if !isWhole || isMetadata {
		s.spilled = true
		for i := range s.found {
			s.found[i] = s.found[i] || strings.Contains(text, sentinel(i, "").NewTag)
		}
		return text
	}
	s.found[index] = true
	s.replaced++
	return s.real[index]
}

// isRendered reports whether the text is a value anywhere in the objects.
func isRendered(objects []sentObject, text string) bool {
	for _, o := range objects {
		if contains(o.Object, text) {
			return true
		}
	}
	return false
}

func contains(value any, text string) bool {
	switch value := value.(type) {
	case string:
		return value == text
	case []any:
		for _, item := range value {
			if contains(item, text) {
				return true
			}
		}
	case map[string]any:
		for _, item := range value {
			if contains(item, text) {
				return true
			}
		}
	}
	return false
}
