package edit

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit/yamltext"
)

// kustomization is a parsed file with its images.
type kustomization struct {
	*yamltext.Document
	images yamltext.List
	// entries are the entries of images in order; a nil images field has none.
	entries []*entry
}

// Check reports whether content is a kustomization whose images SetImages could read: one YAML document, a mapping,
// with entries of images that have a name. Path names the file in the error.
func Check(path string, content []byte) error {
	_, err := parse(path, content)
	return err
}

// Lines returns the line of the first entry of images for each name in the kustomization. It is nil where Check fails.
func Lines(path string, content []byte) map[string]int {
	doc, err := parse(path, content)
	if err != nil {
		return nil
	}
	lines := map[string]int{}
	for _, e := range slices.Backward(doc.entries) {
		lines[e.image.Name] = e.item.Line
	}
	return lines
}

// parse reads the kustomization in content and checks the form of its images field.
func parse(path string, content []byte) (*kustomization, error) {
	parsed, err := yamltext.Parse(path, content)
	if err != nil {
		return nil, err
	}
	doc := &kustomization{Document: parsed, images: yamltext.List{Name: "images", Pattern: fieldName}}
	if key, _, _ := doc.Field(doc.Root, "imageTags"); key != nil {
		return nil, doc.Errorf(key,
			"imageTags is deprecated and would apply on top of images; run `kustomize edit fix` first")
	}
	if doc.images.Key, doc.images.Value, err = doc.Field(doc.Root, "images"); err != nil {
		return nil, err
	}
	return doc, doc.readEntries()
}

func (k *kustomization) readEntries() error {
	list := k.images.Value
	if list == nil || list.ShortTag() == "!!null" {
		return nil
	}
	if list.Kind != yaml.SequenceNode {
		return k.Errorf(list, "images must be a list of entries with a name; write `- name: …` below it")
	}
	for _, item := range list.Content {
		e, err := k.readEntry(item)
		if err != nil {
			return err
		}
		k.entries = append(k.entries, e)
	}
	return nil
}

// imagesNode is where an error about images points: the field, or the file's first one.
func (k *kustomization) imagesNode() *yaml.Node { return k.FieldNode(k.images.Key) }
