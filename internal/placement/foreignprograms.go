package placement

import (
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// ContainerKey names a container of a pod template of the deploy.
type ContainerKey struct {
	Template  template.Key
	Container string
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
	if c.volume {
		return Foreign{}, false
	}
	list := p.Foreign[ContainerKey{w.key(), c.name}]
	at := slices.IndexFunc(list, func(f Foreign) bool { return platform.Takes(class.Platform, f.Platform) })
	if at < 0 {
		return Foreign{}, false
	}
	return list[at], true
}
