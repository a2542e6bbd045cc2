// Package sampleapp makes real images of the sample apps in testdata/demo, for demonstrations and for
// tests that need images which run. It compiles with the go command and needs no container engine.
package sampleapp

import (
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// App is a sample: a Go module that becomes an image, and the manifests that deploy it.
type App struct {
	// Source is the folder of the module, a main package of the standard library alone.
	Source string
	// Manifests is the folder with its kustomization.
	Manifests string
	// Config is the image's, save for the entrypoint, which Build sets.
	Config v1.Config
}

// AKS is the web app that says on which CPU it runs. The root is that of this repository.
func AKS(root string) App {
	return App{
		Source:    filepath.Join(root, "testdata", "demo", "aks", "app"),
		Manifests: filepath.Join(root, "testdata", "demo", "aks", "kubernetes"),
		Config:    v1.Config{User: "65532:65532", ExposedPorts: map[string]struct{}{"8080/tcp": {}}},
	}
}

// GKE is envspitter, which prints its environment.
func GKE(root string) App {
	return App{
		Source:    filepath.Join(root, "testdata", "demo", "gke", "app"),
		Manifests: filepath.Join(root, "testdata", "demo", "gke", "kubernetes"),
		// Root, as in its Dockerfile: on older nodes no one else may listen on port 80.
		Config: v1.Config{ExposedPorts: map[string]struct{}{"80/tcp": {}}},
	}
}
