package kustomize

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
)

// Options says how to render. The zero value renders the files as they are and fetches nothing.
type Options struct {
	// Content takes the place of the kustomization file's content, so that an edit can be rendered before it is written.
	// Nil means the file's own content.
	Content []byte
	// Images are the images that Content sets. Render reports those that no manifest uses.
	Images []types.Image
	// RemoteFetch lets kustomize fetch resources, bases, components and other files from http(s) and git addresses.
	// It runs git for the latter. By default such an address is an error, and nothing is fetched.
	RemoteFetch bool
}

// Result is what a kustomization renders to.
type Result struct {
	// Objects are in kustomize's order.
	Objects []Object
	// Findings are about the images that no manifest uses (finding.ImageUnmatched).
	Findings []finding.Finding
}

// Object is one rendered object, where it was written, and what a patch calls it.
type Object struct {
	*unstructured.Unstructured
	Source Source
	// Target is zero for an object that no file on the disk holds: a generated one, or one that was fetched.
	Target Target
}

// Render renders the kustomization in dir, or the file that dir names, with kustomize's own library: files in or below
// each kustomization's folder only, built-in plugins only, no charts, no functions.
// A kustomization without objects is an error; errors name the file, the cause and the next step.
//
// Render is not safe for concurrent use, since kustomize keeps the OpenAPI schema in a package variable.
func Render(ctx context.Context, dir string, opts Options) (*Result, error) {
	objects, err := renderObjects(dir, opts)
	if err != nil {
		return nil, err
	}
	findings, err := imageFindings(dir, objects, opts)
	if err != nil {
		return nil, err
	}
	return &Result{Objects: objects, Findings: findings}, ctx.Err()
}

func renderObjects(dir string, opts Options) ([]Object, error) {
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
	return r.objects(resources)
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

func newRenderer(dir string, opts Options) (*renderer, error) {
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
	if err := edit.Check(path, content); err != nil {
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
			return nil, fmt.Errorf("%s: %w", r.path, err)
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
