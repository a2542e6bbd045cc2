package landing

import (
	"slices"

	"github.com/containerd/platforms"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
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

// ForeignProgram finds what a container starts on the nodes of a platform that they could not load.
func (a Assessor) ForeignProgram(w pods.Workload, c pods.Container, node platforms.Platform) (Foreign, bool) {
	if c.Volume {
		return Foreign{}, false
	}
	list := a.Foreign[ContainerKey{w.Key(), c.Name}]
	at := slices.IndexFunc(list, func(f Foreign) bool { return platform.Takes(node, f.Platform) })
	if at < 0 {
		return Foreign{}, false
	}
	return list[at], true
}
