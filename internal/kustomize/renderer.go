package kustomize

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
)

// renderer renders one kustomization.
type renderer struct {
	path    string // the kustomization file
	dir     string
	content []byte
	// keepOrigin is set when the user asked for the annotations by which the render learns where objects come from.
	keepOrigin bool
	files      *files
}

func newRenderer(dir string, opts RenderOptions) (*renderer, error) {
	path, err := Find(dir)
	if err != nil {
		return nil, err
	}
	content := opts.Content
	if content == nil {
		if content, err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("reading the kustomization: %w", err)
		}
	}
	if _, err := parse(path, content); err != nil {
		return nil, err
	}
	r := &renderer{path: path, dir: filepath.Dir(path), content: content}
	r.files, err = newFiles(path, content, opts.RemoteFetch)
	return r, err
}

// run renders once, with or without the annotation of origins.
func (r *renderer) run(origins bool) (resmap.ResMap, error) {
	content := r.content
	if origins {
		var err error
		if content, r.keepOrigin, err = withOrigins(r.content); err != nil {
			return nil, yamlError(r.path, err)
		}
	}
	r.files.standIn = content
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(r.files, r.dir)
	if refused := errors.Join(r.files.refused...); refused != nil {
		return nil, refused
	}
	if err != nil {
		return nil, r.explain(err)
	}
	return resources, nil
}

func (r *renderer) objects(resources resmap.ResMap) ([]Object, error) {
	sources := newSources(r.path, r.content)
	var objects []Object
	var written []Target
	for _, res := range resources.Resources() {
		origin, originErr := res.GetOrigin()
		data, err := res.MarshalJSON()
		object := &unstructured.Unstructured{}
		if err := errors.Join(originErr, err, object.UnmarshalJSON(data)); err != nil {
			return nil, fmt.Errorf("%s: reading the rendered %s: %w", r.path, res.CurId(), err)
		}
		if !r.keepOrigin {
			dropOrigin(object)
		}
		source, target := sources.of(object, origin)
		objects = append(objects, Object{Unstructured: object, Source: source})
		written = append(written, target)
	}
	setTargets(objects, written)
	return objects, nil
}
