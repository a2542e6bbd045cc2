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

// RenderOptions says how to render. The zero value renders the files as they are and fetches nothing.
type RenderOptions struct {
	// Content stands in for the content of the kustomization file, so that an edit can be rendered before it is
	// written. Nil means the file's own content.
	Content []byte
	// RemoteFetch lets kustomize fetch resources, bases, components and other files from http(s) and git addresses.
	// It runs git for the latter. By default such an address is an error, and nothing is fetched.
	RemoteFetch bool
}

// Object is one rendered object and where it was written.
type Object struct {
	*unstructured.Unstructured
	Source Source
}

// Render renders the kustomization in dir, or the file that dir names, with kustomize's own library: files in or below
// each kustomization's folder only, built-in plugins only, no charts, no functions. The objects keep kustomize's order.
// A kustomization without objects is an error; errors name the file, the cause and the next step.
//
// Render is not safe for concurrent use, since kustomize keeps the OpenAPI schema in a package variable.
func Render(dir string, opts RenderOptions) ([]Object, error) {
	r, err := newRenderer(dir, opts)
	if err != nil {
		return nil, err
	}
	resources, err := r.run(true)
	if err != nil {
		return nil, err
	}
	if resources.Size() == 0 {
		return nil, fmt.Errorf("%s: the kustomization renders no objects; list the manifests under resources", r.path)
	}
	clean := resources
	if r.files.hashesAny {
		// A generated name suffix may cover the object's annotations, and so the one that tells its origin.
		if clean, err = r.run(false); err != nil {
			return nil, err
		}
	}
	return r.objects(resources, clean)
}

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

func (r *renderer) objects(resources, clean resmap.ResMap) ([]Object, error) {
	sources := newSources(r.path, r.content)
	var objects []Object
	for i, res := range clean.Resources() {
		object, err := toUnstructured(res.MarshalJSON)
		if err != nil {
			return nil, fmt.Errorf("%s: rendering %s: %w", r.path, res.CurId(), err)
		}
		if !r.keepOrigin {
			dropOrigin(object)
		}
		origin, err := resources.Resources()[i].GetOrigin()
		if err != nil {
			return nil, fmt.Errorf("%s: the origin of %s: %w", r.path, res.CurId(), err)
		}
		objects = append(objects, Object{object, sources.of(object, origin)})
	}
	return objects, nil
}

func toUnstructured(marshal func() ([]byte, error)) (*unstructured.Unstructured, error) {
	data, err := marshal()
	if err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{}
	return object, object.UnmarshalJSON(data)
}
