package yamltext

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Document is a parsed kustomization beside its text, and what is to change in it.
type Document struct {
	text
	splices
	// Path names the file in errors.
	Path string
	// Root is the mapping that the file is.
	Root *yaml.Node
}

// Parse parses content, which is to be one document, a mapping. Path names the file in errors.
func Parse(path string, content []byte) (*Document, error) {
	node, err := decode(content)
	if err != nil {
		return nil, ParseError(path, err)
	}
	if len(node.Content) == 0 || node.Content[0].ShortTag() == "!!null" {
		return nil, fmt.Errorf("%s: the kustomization is empty; list the manifests under resources", path)
	}
	doc := &Document{text: newText(content), Path: path, Root: node.Content[0]}
	if doc.Root.Kind != yaml.MappingNode {
		return nil, doc.Errorf(doc.Root, "a kustomization is a mapping of fields such as resources; this is something else")
	}
	return doc, nil
}

// Field returns the key and value of a field of a mapping, or nil. Kustomize reads keys with encoding/json, which
// ignores their case, so that Images and images are one field, and both together are a duplicate.
func (d *Document) Field(mapping *yaml.Node, name string) (key, value *yaml.Node, err error) {
	for i := 0; i < len(mapping.Content); i += 2 {
		if !strings.EqualFold(mapping.Content[i].Value, name) {
			continue
		}
		if key != nil {
			return nil, nil, d.Errorf(mapping.Content[i], "%s is here and in line %d; keep one", name, key.Line)
		}
		key, value = mapping.Content[i], mapping.Content[i+1]
	}
	return key, value, nil
}

// FieldNode is where an error about a field points: the field, or the file's first one without it.
func (d *Document) FieldNode(key *yaml.Node) *yaml.Node {
	if key == nil {
		return d.Root
	}
	return key
}

// Errorf is an error that starts with the file and the line of a node.
func (d *Document) Errorf(node *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", d.Path, node.Line, fmt.Errorf(format, args...))
}

// Apply returns the content with all that was to change.
func (d *Document) Apply() ([]byte, error) { return d.apply(d.Content) }

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

// ParseError puts the line that the YAML library found where editors look for it: "path:line: what".
func ParseError(path string, err error) error {
	match := yamlLine.FindStringSubmatch(err.Error())
	if match == nil {
		return fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	line, _ := strconv.Atoi(match[1]) // the pattern has digits only
	return fmt.Errorf("%s:%d: broken YAML: %s; correct it, nothing was changed", path, line, match[2])
}

var yamlLine = regexp.MustCompile(`^yaml: (?:unmarshal errors:\n\s+)?line (\d+): (.*)`)
