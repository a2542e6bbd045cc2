// Package yamlnode looks things up in YAML: documents, values at a path of fields, and their lines.
package yamlnode

import (
	"bytes"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Documents returns the documents of a file.
func Documents(content []byte) []*yaml.Node {
	var nodes []*yaml.Node
	EachDocument(content, func(doc *yaml.Node) { nodes = append(nodes, doc) })
	return nodes
}

// EachDocument calls a function with each document of a file, so that none need be kept.
func EachDocument(content []byte, f func(*yaml.Node)) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var doc yaml.Node
		if decoder.Decode(&doc) != nil { // the end, or broken YAML, which kustomize reports itself
			return
		}
		for _, node := range doc.Content {
			f(node)
		}
	}
}

// At returns the values at a path of fields; "*" is each item of a list. Like kustomize it does not mind the case of
// keys.
func At(node *yaml.Node, fields []string) []*yaml.Node {
	node = Resolve(node)
	if len(fields) == 0 {
		return []*yaml.Node{node}
	}
	var found []*yaml.Node
	for i, child := range node.Content {
		isKey := node.Kind == yaml.MappingNode && i%2 == 0
		switch {
		case isKey && strings.EqualFold(child.Value, fields[0]):
			found = append(found, At(node.Content[i+1], fields[1:])...)
		case node.Kind == yaml.SequenceNode && fields[0] == "*":
			found = append(found, At(child, fields[1:])...)
		}
	}
	return found
}

// Text is the first value at a path, or "".
func Text(node *yaml.Node, path ...string) string {
	for _, found := range At(node, path) {
		return found.Value
	}
	return ""
}

// Resolve returns what an alias refers to.
func Resolve(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// FieldLine is the line of a top-level field, or 0.
func FieldLine(content []byte, field string) int {
	for _, doc := range Documents(content) {
		for i := 0; i < len(doc.Content) && doc.Kind == yaml.MappingNode; i += 2 {
			if strings.EqualFold(doc.Content[i].Value, field) {
				return doc.Content[i].Line
			}
		}
	}
	return 0
}

// LinesOf finds the values that are the name, or that are a path to it from the folder.
func LinesOf(node *yaml.Node, name, folder string) []int {
	var lines []int
	if node.Kind == yaml.ScalarNode && node.Value != "" &&
		(node.Value == name || filepath.Join(folder, node.Value) == name) {
		lines = append(lines, node.Line)
	}
	for _, child := range node.Content {
		lines = append(lines, LinesOf(child, name, folder)...)
	}
	return lines
}
