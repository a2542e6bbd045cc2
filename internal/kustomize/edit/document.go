package edit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
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
func parse(path string, content []byte) (*document, error) {
	node, err := decode(content)
	if err != nil {
		return nil, yamlError(path, err)
	}
	if len(node.Content) == 0 || node.Content[0].ShortTag() == "!!null" {
		return nil, fmt.Errorf("%s: the kustomization is empty; list the manifests under resources", path)
	}
	doc := &document{text: newText(content), path: path, root: node.Content[0]}
	if doc.root.Kind != yaml.MappingNode {
		return nil, doc.errorf(doc.root, "a kustomization is a mapping of fields such as resources; this is something else")
	}
	if key, _, _ := doc.field(doc.root, "imageTags"); key != nil {
		return nil, doc.errorf(key,
			"imageTags is deprecated and would apply on top of images; run `kustomize edit fix` first")
	}
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
			return nil, nil, d.errorf(mapping.Content[i], "%s is here and in line %d; keep one", name, key.Line)
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

// imagesNode is where an error about images points: the field, or the file's first one.
func (d *document) imagesNode() *yaml.Node { return d.fieldNode(d.imagesKey) }

func (d *document) fieldNode(key *yaml.Node) *yaml.Node {
	if key == nil {
		return d.root
	}
	return key
}

func (d *document) errorf(node *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", d.path, node.Line, fmt.Errorf(format, args...))
}

// decode also decodes the values, because only that finds duplicate keys and aliases without an anchor.
func decode(content []byte) (*yaml.Node, error) {
	if bytes.HasPrefix(content, []byte{0xff, 0xfe}) || bytes.HasPrefix(content, []byte{0xfe, 0xff}) {
		return nil, errors.New("the file is in UTF-16; save it as UTF-8")
	}
	var node yaml.Node
	var value any
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	if err := decoder.Decode(&node); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err := decoder.Decode(&value); !errors.Is(err, io.EOF) {
		return nil, errors.New("the file has more than one YAML document, of which kustomize reads only the first; split it")
	}
	return &node, node.Decode(&value)
}

// yamlError puts the line that the YAML library found where editors look for it: "path:line: what".
func yamlError(path string, err error) error {
	match := yamlLine.FindStringSubmatch(err.Error())
	if match == nil {
		return fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	line, _ := strconv.Atoi(match[1]) // the pattern has digits only
	return fmt.Errorf("%s:%d: broken YAML: %s; correct it, nothing was changed", path, line, match[2])
}

var yamlLine = regexp.MustCompile(`^yaml: (?:unmarshal errors:\n\s+)?line (\d+): (.*)`)
