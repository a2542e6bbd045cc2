package renderer

import (
	"bytes"
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Bounds of what kustomize is given, far above what people write: an API server takes objects of 1.5 MiB, and the
// definitions of the largest operators are 20 MiB in all.
const (
	maxFile  = 32 << 20
	maxFiles = 256 << 20
	// maxNodes is how many values a file may have with its aliases expanded. Kustomize expands each of them.
	maxNodes = 1_000_000
)

// checkSize refuses a file that is too large, or one of few bytes that YAML's aliases make large.
func checkSize(content []byte, total int) error {
	switch {
	case len(content) > maxFile:
		return fmt.Errorf("the file has %d MiB, and at most %d MiB are rendered; remove it from the kustomization", len(content)>>20, maxFile>>20)
	case total > maxFiles:
		return fmt.Errorf("with this file, the kustomization has more than %d MiB; split it", maxFiles>>20)
	case !bytes.Contains(content, []byte("*")) || !bytes.Contains(content, []byte("&")):
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
	}
}

// count is how many nodes there are with all aliases expanded, or a little more than maxNodes. Known are the counts of
// the nodes that aliases refer to.
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
	known[node] = total
	return total
}
