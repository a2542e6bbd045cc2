package kustomize

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is a parsed kustomization beside its text.
type document struct {
	text
	path string
	root *yaml.Node
	// imagesKey and images are the images field, nil when there is none.
	imagesKey, images *yaml.Node
	// entries are the entries of images in order; a nil images field has none.
	entries []*entry
	// users are the aliases of each anchored node, in the order of the text.
	users map[*yaml.Node][]*yaml.Node
}

// parse reads the kustomization in content and checks the form of its images field.
func parse(path string, content []byte) (*document, error) {
	node, err := decode(content)
	if err != nil {
		return nil, yamlError(path, err)
	}
	if len(node.Content) == 0 || node.Content[0].ShortTag() == "!!null" {
		return nil, fmt.Errorf("%s: the kustomization is empty; list the manifests under resources", path)
	}
	doc := &document{text: newText(content), path: path, root: node.Content[0], users: map[*yaml.Node][]*yaml.Node{}}
	if doc.root.Kind != yaml.MappingNode {
		return nil, doc.errorf(doc.root, "a kustomization is a mapping of fields such as resources; this is something else")
	}
	if key, _, _ := doc.field(doc.root, "imageTags"); key != nil {
		return nil, doc.errorf(key, "imageTags is deprecated and would apply on top of images; run `kustomize edit fix` first")
	}
	doc.collectUsers(node)
	if doc.imagesKey, doc.images, err = doc.field(doc.root, "images"); err != nil {
		return nil, err
	}
	return doc, doc.readEntries()
}

// field returns the key and value of a field of a mapping, or nil. Kustomize reads keys with encoding/json, which
// ignores their case, so that Images and images are one field, and both together are a duplicate.
func (d *document) field(mapping *yaml.Node, name string) (key, value *yaml.Node, err error) {
	for i := 0; i < len(mapping.Content); i += 2 {
		if !strings.EqualFold(mapping.Content[i].Value, name) {
			continue
		}
		if key != nil {
			return nil, nil, d.errorf(mapping.Content[i], "%s stands here and in line %d; keep one", name, key.Line)
		}
		key, value = mapping.Content[i], mapping.Content[i+1]
	}
	return key, value, nil
}

func (d *document) readEntries() error {
	if d.images == nil || d.images.ShortTag() == "!!null" {
		return nil
	}
	if d.images.Kind != yaml.SequenceNode {
		return d.errorf(d.images, "images must be a list of entries with a name; write `- name: …` below it")
	}
	for _, item := range d.images.Content {
		e, err := d.readEntry(item)
		if err != nil {
			return err
		}
		d.entries = append(d.entries, e)
	}
	return nil
}

func (d *document) collectUsers(node *yaml.Node) {
	if node.Kind == yaml.AliasNode {
		d.users[node.Alias] = append(d.users[node.Alias], node)
	}
	for _, child := range node.Content {
		d.collectUsers(child)
	}
}

// imagesNode is where an error about images points: the field, or the file's first one.
func (d *document) imagesNode() *yaml.Node {
	if d.imagesKey == nil {
		return d.root
	}
	return d.imagesKey
}

func (d *document) errorf(node *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", d.path, node.Line, fmt.Errorf(format, args...))
}
