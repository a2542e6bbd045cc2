package launch_test

import (
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/layer"
)

// fsOf is the file system of layers, the lowest first.
func fsOf(t testing.TB, layers [][]layer.Entry) *rootfs.FS {
	t.Helper()
	var list []v1.Layer
	for _, entries := range layers {
		list = append(list, layer.Of(t, entries...))
	}
	return rootfs.New(list, rootfs.DefaultLimits())
}
