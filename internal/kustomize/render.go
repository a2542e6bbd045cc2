package kustomize

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
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

// Object is one rendered object, where it was written, and what a patch calls it.
type Object struct {
	*unstructured.Unstructured
	Source Source
	// Target is zero for an object that no file on the disk holds: a generated one, or one that was fetched.
	Target Target
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
	return r.objects(resources)
}
