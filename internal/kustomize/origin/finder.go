// Package origin finds where the objects that a kustomization renders were written, and what its patches call them.
package origin

import (
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/resource"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/yamlnode"
)

// Finder finds objects in the files that kustomize says they come from, each read once.
type Finder struct {
	path    string // the root kustomization
	content []byte
	read    func(path string) []byte
	origins map[string]*resource.Origin
	known   map[string]*index
}

// Named is what an object is called once it is rendered.
type Named struct{ Kind, Name, Namespace string }

// written is an object of a file.
type written struct {
	Target
	kind   string
	source Source
}

// index is what is kept of a file: its objects, in its order, by kind and by kind and name, and the lines of its
// top-level fields.
type index struct {
	all    []written
	kinds  map[string][]written
	names  map[[2]string][]written
	fields map[string]int // by their names in lower case
}

// NewFinder returns a finder for the kustomization at path, of the given content. Read reads the other files; what is
// no file has no content.
func NewFinder(path string, content []byte, read func(path string) []byte) *Finder {
	return &Finder{path: path, content: content, read: read,
		origins: map[string]*resource.Origin{}, known: map[string]*index{}}
}

// Origin reads where kustomize says an object comes from; nil without a text.
func (s *Finder) Origin(text string) (*resource.Origin, error) {
	if text == "" {
		return nil, nil
	}
	if known, isKnown := s.origins[text]; isKnown {
		return known, nil
	}
	s.origins[text] = &resource.Origin{}
	return s.origins[text], sigsyaml.Unmarshal([]byte(text), s.origins[text])
}

// Find returns the source of an object, and the name and namespace that are written there; without an origin on the
// disk, the root kustomization and nothing.
func (s *Finder) Find(object Named, origin *resource.Origin) (Source, Target) {
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

func (s *Finder) join(path string) string { return filepath.Join(filepath.Dir(s.path), path) }

// generator is the line of the field of the kustomization that made the object.
func (s *Finder) generator(origin *resource.Origin) Source {
	source := Source{File: s.join(origin.ConfiguredIn), Line: 1}
	// The kind of the generator is the name of its field: ConfigMapGenerator, configMapGenerator.
	if line := s.load(source.File).fields[strings.ToLower(origin.ConfiguredBy.Kind)]; line > 0 {
		source.Line = line
	}
	return source
}

func (s *Finder) load(file string) *index {
	if s.known[file] == nil {
		content := s.content
		if file != s.path {
			content = s.read(file)
		}
		s.known[file] = newIndex(file, content)
	}
	return s.known[file]
}

func newIndex(file string, content []byte) *index {
	x := &index{kinds: map[string][]written{}, names: map[[2]string][]written{}, fields: map[string]int{}}
	yamlnode.EachDocument(content, func(doc *yaml.Node) {
		x.add(file, doc)
		for _, item := range yamlnode.At(doc, []string{"items", "*"}) {
			x.add(file, item)
		}
		for i := 0; i < len(doc.Content) && doc.Kind == yaml.MappingNode; i += 2 {
			x.fields[strings.ToLower(doc.Content[i].Value)] = doc.Content[i].Line
		}
	})
	return x
}

func (x *index) add(file string, node *yaml.Node) {
	kind := yamlnode.Text(node, "kind")
	w := written{Target{yamlnode.Text(node, "metadata", "name"), yamlnode.Text(node, "metadata", "namespace")}, kind,
		Source{File: file, Line: node.Line}}
	w.source.addPodSpecs(node, node.Line)
	x.all = append(x.all, w)
	x.kinds[kind] = append(x.kinds[kind], w)
	x.names[[2]string{kind, w.Name}] = append(x.names[[2]string{kind, w.Name}], w)
}

// maxName is how long a name may be in Kubernetes, in bytes. A longer one, which no cluster takes, is not searched:
// that would take the cube of its length.
const maxName = 253

// best returns what became the object. Prefixes, suffixes and patches may have changed its name, so that among those of
// the same kind the longest name within the object's wins, and of one name the one in its namespace.
func (x *index) best(object Named) (written, bool) {
	all := x.kinds[object.Kind]
	if len(all) == 0 {
		return written{}, false
	}
	for length := len(object.Name); length > 0 && len(object.Name) <= maxName; length-- {
		for start := 0; start+length <= len(object.Name); start++ {
			if same := x.names[[2]string{object.Kind, object.Name[start : start+length]}]; len(same) > 0 {
				return inNamespace(same, object.Namespace), true
			}
		}
	}
	return inNamespace(all, object.Namespace), true
}

func inNamespace(all []written, namespace string) written {
	for _, w := range all {
		if w.Namespace == namespace {
			return w
		}
	}
	return all[0]
}
