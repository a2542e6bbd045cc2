package disk

import (
	"bytes"
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/yamlnode"
)

// Bounds of what kustomize is given, far above what people write: an API server takes objects of 1.5 MiB, and the
// definitions of the largest operators are 20 MiB in all.
const (
	MaxFile  = 32 << 20
	maxFiles = 256 << 20
	// maxNodes is how many values a file may have with its aliases expanded. Kustomize expands each of them.
	maxNodes = 1_000_000
	// maxDepth is how many levels a file may have. Kustomize's time grows with their square, and no kind has a tenth of
	// them.
	maxDepth = 500
)

// CheckSize refuses a file that is too large or too deep, or one of few bytes that YAML's aliases make large.
func CheckSize(content []byte, total int) error {
	switch {
	case len(content) > MaxFile:
		return fmt.Errorf("the file has %d MiB, and at most %d MiB are rendered; remove it from the kustomization",
			len(content)>>20, MaxFile>>20)
	case total > maxFiles:
		return fmt.Errorf("with this file, the kustomization has more than %d MiB; split it", maxFiles>>20)
	}
	return checkShape(content)
}

// checkShape parses a file only if it could be too deep or too large.
func checkShape(content []byte) error {
	if !mayBeDeep(content) && !mayHaveAliases(content) {
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var doc yaml.Node
		if decoder.Decode(&doc) != nil { // the end, or no YAML, which kustomize reports itself
			return nil
		}
		if count(&doc, map[*yaml.Node]int{}) > maxNodes {
			return errors.New("its YAML aliases expand to more than a million values; use fewer of them")
		}
		if depth(&doc, map[*yaml.Node]int{}) > maxDepth {
			return fmt.Errorf("its values are nested more than %d levels deep; no object needs as many", maxDepth)
		}
	}
}

// mayHaveAliases is false only where a file has no alias.
func mayHaveAliases(content []byte) bool {
	return bytes.Contains(content, []byte("*")) && bytes.Contains(content, []byte("&"))
}

// mayBeDeep is false only where a file has no more than twice maxDepth levels: each takes a bracket, or on one line an
// indentation or a dash.
func mayBeDeep(content []byte) bool {
	if bytes.Count(content, []byte("["))+bytes.Count(content, []byte("{")) > maxDepth {
		return true
	}
	for line := range bytes.Lines(content) {
		if len(line) <= maxDepth {
			continue
		}
		indent := len(line) - len(bytes.TrimLeft(line, " \t"))
		if indent+bytes.Count(line, []byte("- "))+bytes.Count(line, []byte("? ")) > maxDepth {
			return true
		}
	}
	return false
}

// depth is how many levels there are below a node, aliases and the YAML in texts included, such as that of a patch.
// Known are the depths of the nodes that were seen.
func depth(node *yaml.Node, known map[*yaml.Node]int) int {
	if n, isKnown := known[node]; isKnown {
		return n
	}
	known[node] = maxDepth // what contains itself has no end
	below := 0
	if node.Alias != nil {
		below = depth(node.Alias, known)
	}
	for _, child := range node.Content {
		below = max(below, depth(child, known))
	}
	if node.Kind == yaml.ScalarNode && mayBeDeep([]byte(node.Value)) {
		for _, doc := range yamlnode.Documents([]byte(node.Value)) {
			below = max(below, depth(doc, known))
		}
	}
	known[node] = below + 1
	return below + 1
}

// count is how many nodes there are with all aliases expanded, those of the YAML in texts included, or a little more
// than maxNodes. Known are the counts of the nodes that aliases refer to.
func count(node *yaml.Node, known map[*yaml.Node]int) int {
	if n, isKnown := known[node]; isKnown {
		return n
	}
	known[node] = maxNodes + 1 // what contains itself has no end
	total := 1
	if node.Alias != nil {
		total += count(node.Alias, known)
	}
	for _, child := range node.Content {
		total = min(total+count(child, known), maxNodes+1)
	}
	if node.Kind == yaml.ScalarNode && mayHaveAliases([]byte(node.Value)) {
		for _, doc := range yamlnode.Documents([]byte(node.Value)) {
			total = min(total+count(doc, known), maxNodes+1)
		}
	}
	known[node] = total
	return total
}
