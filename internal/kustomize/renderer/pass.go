package renderer

import (
	"errors"
	"fmt"

	"sigs.k8s.io/kustomize/api/resource"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/origin"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/renderer/disk"
)

// sink takes the objects of a pass one by one, as soon as each is there; so who receives them reads the first ones
// while the last ones are still rendered. The zero value takes none.
type sink struct {
	// each may change the object.
	each func(*sentObject)
	// again is called where all that each was called with counts for nothing, since the pass begins anew.
	again func()
}

func (s sink) send(o *sentObject) {
	if s.each != nil {
		s.each(o)
	}
}

func (s sink) begin() {
	if s.again != nil {
		s.again()
	}
}

// pass is what a pass of kustomize has come to.
type pass struct {
	path   string
	files  *disk.FS
	to     sink
	finder *origin.Finder
	own    origin.OwnNames
	// keepOrigin is set when the user asked for the annotations by which the render learns where objects come from.
	keepOrigin bool

	objects []sentObject
	// names are those of the objects before the kustomization added something to them, written those of their files.
	names   []origin.Named
	written []origin.Target
}

// found is where an object was written.
type found struct {
	origin.Source
	origin.Target
}

func newPass(path string, content []byte, files *disk.FS, to sink) *pass {
	return &pass{path: path, files: files, to: to,
		finder: origin.NewFinder(path, content, files.ForLines), own: origin.ReadOwnNames(content)}
}

// again drops what was taken.
func (p *pass) again() {
	if len(p.objects) > 0 {
		p.to.begin()
	}
	p.objects, p.names, p.written = nil, nil, nil
}

// take takes the objects out of kustomize's nodes. find says where each was written. The annotation of its origin is
// removed unless the user asked for it.
func (p *pass) take(all []*resource.Resource,
	find func(i int, object map[string]any, name origin.Named) (found, error)) error {
	for i, res := range all {
		all[i] = nil // so that a node is garbage once its object is there
		object := map[string]any{}
		err := res.YNode().Decode(&object)
		if err == nil {
			err = checkKeys(object)
		}
		name := origin.Named{Kind: res.GetKind(), Name: res.GetName(), Namespace: res.GetNamespace()}
		at, findErr := find(i, object, name)
		if err := errors.Join(err, findErr); err != nil {
			return p.unreadable(res, err)
		}
		if !p.keepOrigin {
			origin.Drop(object)
		}
		if aside := p.files.Definitions.Aside; aside != nil {
			aside.PutBack(object)
		}
		p.names, p.written = append(p.names, p.own.Without(name)), append(p.written, at.Target)
		p.objects = append(p.objects, sentObject{Object: object, Source: at.Source})
		p.to.send(&p.objects[len(p.objects)-1])
	}
	return nil
}

// targets are what patches call the objects, in their order.
func (p *pass) targets() []origin.Target { return origin.Targets(p.names, p.written) }

// annotated is where an object was written by the annotation of its origin.
func (p *pass) annotated(_ int, object map[string]any, name origin.Named) (found, error) {
	metadata, _ := object["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	text, _ := annotations[origin.Annotation].(string)
	return p.find(name, text)
}

// find is where an object was written by the text of its origin, which may be "".
func (p *pass) find(name origin.Named, text string) (found, error) {
	from, err := p.finder.Origin(text)
	source, target := p.finder.Find(name, from)
	return found{source, target}, err
}

// unreadable is the error for an object that is no JSON. The library quotes values, which may be those of a Secret.
func (p *pass) unreadable(res *resource.Resource, err error) error {
	if res.GetKind() == "Secret" {
		err = errors.New("its data are no map of texts, or a key is given twice; values of Secrets are not shown")
	}
	return fmt.Errorf("%s: the rendered %s %s cannot be read: %w; correct its manifest", p.path, res.GetKind(),
		res.GetName(), err)
}

// checkKeys refuses a map whose keys are numbers or other values, as YAML allows.
func checkKeys(value any) error {
	switch value := value.(type) {
	case map[any]any:
		return errors.New("a field's name is no text; put it in quotes")
	case []any:
		for _, item := range value {
			if err := checkKeys(item); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, item := range value {
			if err := checkKeys(item); err != nil {
				return err
			}
		}
	}
	return nil
}
