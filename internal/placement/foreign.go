package placement

import (
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// ContainerKey names a container of an object of the deploy.
type ContainerKey struct{ Object, Container string }

// KeyOf returns the key of a container of an object's pods.
func KeyOf(obj *unstructured.Unstructured, container string) ContainerKey {
	return ContainerKey{object.ID(obj.GroupVersionKind(), obj), container}
}

// Foreign is a program that a container starts and nodes could not load, although the image's index offers their
// platform.
type Foreign struct {
	// Platform is that of the index entry which leads to the program.
	Platform v1.Platform
	// Program is the words for it: "/app/cart, an ELF binary for amd64".
	Program string
}

// foreign finds what a container starts on the nodes of a class that they could not load.
func (p planner) foreign(w workload, c container, class nodeClass) (Foreign, bool) {
	list := p.Foreign[KeyOf(w.object, c.name)]
	at := slices.IndexFunc(list, func(f Foreign) bool { return platform.Takes(class.Platform, f.Platform) })
	if at < 0 {
		return Foreign{}, false
	}
	return list[at], true
}
