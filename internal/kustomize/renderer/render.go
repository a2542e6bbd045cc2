package renderer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/origin"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/sandbox"
)

// renderer renders one kustomization.
type renderer struct {
	path    string // the kustomization file
	dir     string
	content []byte
	// keepOrigin is set when the user asked for the annotations by which the render learns where objects come from.
	keepOrigin bool
	files      *files
	refusals   *refusals
	// printed is what kustomize printed in the last pass.
	printed string
	// learnt are the origins of objects where they come from a pass of their own; nil where objects have them.
	learnt *origin.Learnt
	// remoteFetch says whether kustomize may fetch.
	remoteFetch bool
}

// rendering is what a kustomization renders to.
type rendering struct {
	objects []sentObject
	images  []ImageUse
	notices []Notice
}

func newRenderer(request Request) (*renderer, error) {
	r := &renderer{path: request.Path, dir: filepath.Dir(request.Path), content: request.Content, refusals: &refusals{},
		remoteFetch: request.RemoteFetch}
	if err := edit.Check(r.path, r.content); err != nil {
		return nil, err
	}
	if err := checkSize(r.content, len(r.content)); err != nil {
		return nil, fmt.Errorf("%s: %w", r.path, err)
	}
	target, err := realPath(r.path)
	if err != nil {
		return nil, fmt.Errorf("reading the kustomization: %w", err)
	}
	r.files = newFiles(r.path, target, request.Beside)
	return r, nil
}

func realPath(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(absolute)
}

// render renders once where the images allow that; see images.go.
func (r *renderer) render(images []types.Image) (*rendering, error) {
	if len(images) == 0 {
		objects, err := r.objects(r.content)
		return &rendering{objects: objects, notices: r.notices(r.printed)}, err
	}
	return r.renderImages(images)
}

// objects renders the kustomization with a content: without the schemas of its definitions, unless these might come out
// in another way than from kustomize.
func (r *renderer) objects(content []byte) ([]sentObject, error) {
	d := &r.files.definitions
	for passes := 0; d.aside != nil && passes < mostPasses; passes++ {
		objects, err := r.objectsAsTheyAre(content)
		if d.aside != nil && !d.again && (!d.aside.Matters() || err == nil && d.aside.Complete()) {
			return objects, err
		}
		if !d.again {
			break
		}
		r.learnt = nil
	}
	d.aside, r.learnt = nil, nil
	return r.objectsAsTheyAre(content)
}

// objectsAsTheyAre renders what the files are now.
func (r *renderer) objectsAsTheyAre(content []byte) ([]sentObject, error) {
	resources, err := r.run(content)
	if err != nil {
		return nil, err
	}
	if len(resources) == 0 {
		return nil, fmt.Errorf("%s: the kustomization renders no objects; list the manifests under resources", r.path)
	}
	return r.decode(resources)
}

// run runs kustomize: with the annotation of origins, or where that would take too long, after a pass that finds them.
func (r *renderer) run(content []byte) ([]*resource.Resource, error) {
	annotated, asked, err := origin.WithAnnotations(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.path, err)
	}
	r.keepOrigin = asked
	if r.learnt == nil {
		r.files.counting = true
		all, err := r.inPartsOrOnce(content, annotated)
		r.files.counting = false
		if !r.files.many {
			return all, err
		}
		r.learnOrigins(content, annotated)
	}
	return r.inPartsOrOnce(content, content)
}

// learnOrigins finds origins in a pass of their own. Where that fails, so does the one for the objects, or they have
// none.
func (r *renderer) learnOrigins(content, annotated []byte) {
	r.learnt = &origin.Learnt{}
	r.files.bare = true
	all, err := r.inPartsOrOnce(content, annotated)
	r.files.bare = false
	if err == nil {
		r.learnt.Learn(all)
	}
}

// inPartsOrOnce runs kustomize, in parts where that gives the same. It reads standIn in place of the kustomization, of
// which content is shown.
func (r *renderer) inPartsOrOnce(content, standIn []byte) ([]*resource.Resource, error) {
	r.files.reset(content, standIn)
	if parts := r.parts(standIn); len(parts) > 0 {
		if all, ok := r.inParts(content, parts); ok {
			return all, nil
		}
		r.files.reset(content, standIn)
	}
	resources, err := r.once()
	if err != nil {
		return nil, err
	}
	return resources.Resources(), nil
}

// once runs kustomize on what the files are now.
func (r *renderer) once() (resmap.ResMap, error) {
	printed, err := sandbox.StartCapture()
	if err != nil {
		return nil, err
	}
	// A relative path could read as the address of a git repository.
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(r.files, filepath.Dir(r.files.target))
	r.printed = printed.Stop()
	switch {
	case r.files.refused != nil:
		return nil, r.files.refused
	case err != nil && r.isRefusal(err), r.refusals.urls != nil:
		return nil, r.remoteError()
	case err != nil:
		return nil, r.explain(err)
	}
	return resources, nil
}

// decode takes the objects out of kustomize's nodes. The origin is read, and removed unless the user asked for it.
func (r *renderer) decode(all []*resource.Resource) ([]sentObject, error) {
	finder := origin.NewFinder(r.path, r.files.shown, r.files.forLines)
	objects := make([]sentObject, 0, len(all))
	written := make([]origin.Target, 0, len(all))
	names, own := make([]origin.Named, 0, len(all)), origin.ReadOwnNames(r.files.shown)
	for i, res := range all {
		all[i] = nil // so that a node is garbage once its object is there
		object := map[string]any{}
		err := res.YNode().Decode(&object)
		if err == nil {
			err = checkKeys(object)
		}
		name := origin.Named{Kind: res.GetKind(), Name: res.GetName(), Namespace: res.GetNamespace()}
		from, originErr := finder.Origin(r.originOf(object, i, len(all), name))
		if err := errors.Join(err, originErr); err != nil {
			return nil, r.unreadable(res, err)
		}
		if !r.keepOrigin {
			origin.Drop(object)
		}
		if aside := r.files.definitions.aside; aside != nil {
			aside.PutBack(object)
		}
		source, target := finder.Find(name, from)
		names = append(names, own.Without(name))
		objects = append(objects, sentObject{Object: object, Source: source})
		written = append(written, target)
	}
	for i, target := range origin.Targets(names, written) {
		objects[i].Target = target
	}
	return objects, nil
}

// originOf is the annotation of an object's origin, or "".
func (r *renderer) originOf(object map[string]any, i, total int, name origin.Named) string {
	if r.learnt != nil {
		return r.learnt.Origin(i, total, name)
	}
	metadata, _ := object["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	text, _ := annotations[origin.Annotation].(string)
	return text
}

// unreadable is the error for an object that is no JSON. The library quotes values, which may be those of a Secret.
func (r *renderer) unreadable(res *resource.Resource, err error) error {
	if res.GetKind() == "Secret" {
		err = errors.New("its data are no map of texts, or a key is given twice; values of Secrets are not shown")
	}
	return fmt.Errorf("%s: the rendered %s %s cannot be read: %w; correct its manifest", r.path, res.GetKind(),
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

// read returns the content of the file itself.
func (r *renderer) read() []byte {
	content, err := os.ReadFile(r.path)
	if err != nil {
		return nil
	}
	return content
}
