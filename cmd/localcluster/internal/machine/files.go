package machine

import (
	"context"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
)

// Files is an image's file system, shared by all containers of all nodes that run the image.
type Files struct {
	mu sync.Mutex
	fs *rootfs.FS
}

// NewFiles is the file system of an image with these layers, the lowest first. A layer is read when a file of it is
// first asked for.
func NewFiles(layers []v1.Layer) *Files {
	limits := rootfs.DefaultLimits()
	limits.Work, limits.ImageWork = 0, 0 // a cluster asks for as long as it runs
	return &Files{fs: rootfs.New(layers, limits)}
}

func (f *Files) find(ctx context.Context, cmd launch.Command) (launch.Program, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.fs.Close()
	return launch.Find(ctx, f.fs, cmd)
}

// Stat looks a path up, symbolic links followed.
func (f *Files) Stat(ctx context.Context, name string) (rootfs.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.fs.Close()
	return f.fs.Stat(ctx, name)
}
