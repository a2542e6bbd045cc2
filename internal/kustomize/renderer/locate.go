package renderer

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/resource"
	sigsyaml "sigs.k8s.io/yaml"
)

// sources finds objects in the files that kustomize says they come from, each read once.
type sources struct {
	path    string // the root kustomization
	content []byte
	origins map[string]*resource.Origin
	known   map[string]*index
}

// named is what an object is called once it is rendered.
type named struct{ kind, name, namespace string }

// written is an object of a file.
type written struct {
	Target
	source Source
}

// index is what is kept of a file: its objects, by kind and by kind and name, and the lines of its top-level fields.
type index struct {
	kinds  map[string][]written
	names  map[[2]string][]written
	fields map[string]int // by their names in lower case
}

func newSources(path string, f *files) *sources {
	return &sources{path: path, content: f.shown, origins: map[string]*resource.Origin{}, known: map[string]*index{}}
}

// origin reads where kustomize says an object comes from; nil without a text.
func (s *sources) origin(text string) (*resource.Origin, error) {
	if text == "" {
		return nil, nil
	}
	if known, isKnown := s.origins[text]; isKnown {
		return known, nil
	}
	s.origins[text] = &resource.Origin{}
	return s.origins[text], sigsyaml.Unmarshal([]byte(text), s.origins[text])
}

// of returns the source of an object, and the name and namespace that are written there; without an origin on the disk,
// the root kustomization and nothing.
func (s *sources) of(object named, origin *resource.Origin) (Source, Target) {
	switch {
	case origin == nil || origin.Repo != "":
		return Source{File: s.path, Line: 1}, Target{}
	case origin.ConfiguredIn != "":
		return s.generator(origin), Target{}
	}
	found, ok := s.load(s.join(origin.Path)).best(object)
	if !ok { // fetched from a URL
		return Source{File: s.path, Line: 1}, Target{}
	}
	return found.source, found.Target
}

func (s *sources) join(path string) string { return filepath.Join(filepath.Dir(s.path), path) }

// generator is the line of the field of the kustomization that made the object.
func (s *sources) generator(origin *resource.Origin) Source {
	source := Source{File: s.join(origin.ConfiguredIn), Line: 1}
	// The kind of the generator is the name of its field: ConfigMapGenerator, configMapGenerator.
	if line := s.load(source.File).fields[strings.ToLower(origin.ConfiguredBy.Kind)]; line > 0 {
		source.Line = line
	}
	return source
}

func (s *sources) load(file string) *index {
	if s.known[file] == nil {
		content := s.content
		if file != s.path {
			content, _ = os.ReadFile(file) // without content where it is no file of this disk
		}
		s.known[file] = newIndex(file, content)
	}
	return s.known[file]
}

func newIndex(file string, content []byte) *index {
	x := &index{kinds: map[string][]written{}, names: map[[2]string][]written{}, fields: map[string]int{}}
	eachDocument(content, func(doc *yaml.Node) {
		x.add(file, doc)
		for _, item := range at(doc, []string{"items", "*"}) {
			x.add(file, item)
		}
		for i := 0; i < len(doc.Content) && doc.Kind == yaml.MappingNode; i += 2 {
			x.fields[strings.ToLower(doc.Content[i].Value)] = doc.Content[i].Line
		}
	})
	return x
}

func (x *index) add(file string, node *yaml.Node) {
	w := written{Target{scalar(node, "metadata", "name"), scalar(node, "metadata", "namespace")},
		Source{File: file, Line: node.Line}}
	w.source.addPodSpecs(node, node.Line)
	kind := scalar(node, "kind")
	x.kinds[kind] = append(x.kinds[kind], w)
	x.names[[2]string{kind, w.Name}] = append(x.names[[2]string{kind, w.Name}], w)
}

// maxName is how long a name may be in Kubernetes, in bytes. A longer one, which no cluster takes, is not searched:
// that would take the cube of its length.
const maxName = 253

// best returns what became the object. Prefixes, suffixes and patches may have changed its name, so that among those of
// the same kind the longest name within the object's wins, and of one name the one in its namespace.
func (x *index) best(object named) (written, bool) {
	all := x.kinds[object.kind]
	if len(all) == 0 {
		return written{}, false
	}
	for length := len(object.name); length > 0 && len(object.name) <= maxName; length-- {
		for start := 0; start+length <= len(object.name); start++ {
			if same := x.names[[2]string{object.kind, object.name[start : start+length]}]; len(same) > 0 {
				return inNamespace(same, object.namespace), true
			}
		}
	}
	return inNamespace(all, object.namespace), true
}

func inNamespace(all []written, namespace string) written {
	for _, w := range all {
		if w.Namespace == namespace {
			return w
		}
	}
	return all[0]
}

// documents returns the documents of a file.
func documents(content []byte) []*yaml.Node {
	var nodes []*yaml.Node
	eachDocument(content, func(doc *yaml.Node) { nodes = append(nodes, doc) })
	return nodes
}

// eachDocument calls a function with each document of a file, so that none need be kept.
func eachDocument(content []byte, f func(*yaml.Node)) {
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

// at returns the values at a path of fields; "*" is each item of a list. Like kustomize it does not mind the case of
// keys.
func at(node *yaml.Node, fields []string) []*yaml.Node {
	node = resolve(node)
	if len(fields) == 0 {
		return []*yaml.Node{node}
	}
	var found []*yaml.Node
	for i, child := range node.Content {
		isKey := node.Kind == yaml.MappingNode && i%2 == 0
		switch {
		case isKey && strings.EqualFold(child.Value, fields[0]):
			found = append(found, at(node.Content[i+1], fields[1:])...)
		case node.Kind == yaml.SequenceNode && fields[0] == "*":
			found = append(found, at(child, fields[1:])...)
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

// resolve returns what an alias refers to.
func resolve(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}
