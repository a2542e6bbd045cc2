package kustomize

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/resource"
)

// sources finds objects in the files that kustomize says they come from, each read once.
type sources struct {
	path  string // the root kustomization
	known map[string][]*yaml.Node
}

func newSources(path string, content []byte) *sources {
	return &sources{path: path, known: map[string][]*yaml.Node{path: documents(content)}}
}

// of returns the source of an object, and the name and namespace that stand there; without an origin on the disk, the
// root kustomization and nothing.
func (s *sources) of(object *unstructured.Unstructured, origin *resource.Origin) (Source, Target) {
	switch {
	case origin == nil || origin.Repo != "":
		return Source{File: s.path, Line: 1}, Target{}
	case origin.ConfiguredIn != "":
		return s.generator(origin), Target{}
	}
	file := s.join(origin.Path)
	node := best(s.load(file), object)
	if node == nil { // fetched from a URL
		return Source{File: s.path, Line: 1}, Target{}
	}
	source := Source{File: file, Line: node.Line, Images: map[string]int{}}
	source.addPodSpecs(node, node.Line)
	return source, Target{scalar(node, "metadata", "name"), scalar(node, "metadata", "namespace")}
}

func (s *sources) join(path string) string { return filepath.Join(filepath.Dir(s.path), path) }

// generator is the line of the field of the kustomization that made the object.
func (s *sources) generator(origin *resource.Origin) Source {
	source := Source{File: s.join(origin.ConfiguredIn), Line: 1}
	for _, doc := range s.load(source.File) {
		for i := 0; i < len(doc.Content) && doc.Kind == yaml.MappingNode; i += 2 {
			// The kind of the generator is the name of its field: ConfigMapGenerator, configMapGenerator.
			if strings.EqualFold(doc.Content[i].Value, origin.ConfiguredBy.Kind) {
				source.Line = doc.Content[i].Line
			}
		}
	}
	return source
}

func (s *sources) load(file string) []*yaml.Node {
	if _, known := s.known[file]; !known {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil // not a file of this disk
		}
		s.known[file] = documents(content)
	}
	return s.known[file]
}

// documents returns the objects of a file, those in lists too.
func documents(content []byte) []*yaml.Node {
	var nodes []*yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var doc yaml.Node
		if decoder.Decode(&doc) != nil {
			return nodes
		}
		for _, node := range doc.Content {
			nodes = append(nodes, node)
			nodes = append(nodes, at(node, []string{"items", "*"})...)
		}
	}
}

// best returns the node that became the object. Prefixes, suffixes and patches may have changed its name, so that
// among those of the same kind the longest name within the object's wins, and of one name the one in its namespace.
func best(nodes []*yaml.Node, object *unstructured.Unstructured) *yaml.Node {
	var found *yaml.Node
	score := -1
	for _, node := range nodes {
		name := scalar(node, "metadata", "name")
		if scalar(node, "kind") != object.GetKind() {
			continue
		}
		similar := 0
		if strings.Contains(object.GetName(), name) {
			similar = 2 * len(name)
		}
		if scalar(node, "metadata", "namespace") == object.GetNamespace() {
			similar++
		}
		if similar > score {
			found, score = node, similar
		}
	}
	return found
}

func scalar(node *yaml.Node, path ...string) string {
	for _, found := range at(node, path) {
		return found.Value
	}
	return ""
}
