// Package imageuse finds out which image entries of a kustomization are used where, and what an unused name may have
// been.
package imageuse

import (
	"fmt"
	"strings"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
)

const mark = "multiarch-deploy-sentinel"

// Sentinel is the image at an index under a name that exists nowhere else. Each part of it has the mark, so that no
// part of it is taken for something else: https://www.rfc-editor.org/rfc/rfc2606 reserves the top-level domain.
func Sentinel(index int, name string) types.Image {
	own := fmt.Sprintf("%s-%dx", mark, index)
	return types.Image{Name: name, NewName: own + "." + mark + "-invalid/" + own, NewTag: own}
}

// Sentinels finds sentinels in objects and puts the references of the images in their place.
type Sentinels struct {
	references map[string]int
	real       []string
	// Found reports, by the index of the image, whether it is in the objects.
	Found []bool
	// replaced counts the values that were replaced.
	replaced int
	// Spilled reports that a sentinel reached something else than a whole value in an object whose name has no hash.
	Spilled bool
}

// NewSentinels returns those of images.
func NewSentinels(images []types.Image) *Sentinels {
	s := &Sentinels{references: map[string]int{}, Found: make([]bool, len(images))}
	for i, image := range images {
		s.references[edit.Reference(Sentinel(i, image.Name))] = i
		s.real = append(s.real, edit.Reference(image))
	}
	return s
}

// Restore puts the references into an object.
func (s *Sentinels) Restore(object map[string]any) {
	before := s.replaced
	for key, value := range object {
		object[key] = s.replace(value, key == "metadata")
	}
	if kind := object["kind"]; s.replaced > before && (kind == "ConfigMap" || kind == "Secret") {
		s.Spilled = true // the hash in its name comes from the sentinel
	}
}

// FindRendered finds images by their references, where there are no objects with sentinels.
func (s *Sentinels) FindRendered(objects []map[string]any) {
	for i, reference := range s.real {
		s.Found[i] = IsRendered(objects, reference)
	}
}

func (s *Sentinels) replace(value any, isMetadata bool) any {
	switch value := value.(type) {
	case string:
		return s.replaceText(value, isMetadata)
	case []any:
		for i := range value {
			value[i] = s.replace(value[i], isMetadata)
		}
	case map[string]any:
		for key := range value {
			s.Spilled = s.Spilled || strings.Contains(key, mark)
			value[key] = s.replace(value[key], isMetadata)
		}
	}
	return value
}

func (s *Sentinels) replaceText(text string, isMetadata bool) string {
	if !strings.Contains(text, mark) {
		return text
	}
	index, isWhole := s.references[text]
	if !isWhole || isMetadata {
		s.Spilled = true
		for i := range s.Found {
			s.Found[i] = s.Found[i] || strings.Contains(text, Sentinel(i, "").NewTag)
		}
		return text
	}
	s.Found[index] = true
	s.replaced++
	return s.real[index]
}

// IsRendered reports whether the text is a value anywhere in the objects.
func IsRendered(objects []map[string]any, text string) bool {
	for _, o := range objects {
		if contains(o, text) {
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
