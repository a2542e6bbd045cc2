package kubelet

import (
	"context"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
)

// files is an image's file system, shared by all containers of all nodes that run the image.
type files struct {
	mu sync.Mutex
	fs *rootfs.FS
}

func (f *files) find(ctx context.Context, cmd launch.Command) (launch.Program, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.fs.Close()
	return launch.Find(ctx, f.fs, cmd)
}

func (f *files) stat(ctx context.Context, name string) (rootfs.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.fs.Close()
	return f.fs.Stat(ctx, name)
}

// filesCache keeps what was read of each image, so that a layer is streamed once for all nodes.
type filesCache struct {
	mu    sync.Mutex
	known map[v1.Hash]*files
}

// of returns the file system of an image by its manifest's digest.
func (c *filesCache) of(digest v1.Hash, img v1.Image) (*files, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.known[digest]; f != nil {
		return f, nil
	}
	layers, err := img.Layers()
	if err != nil {
		return nil, err
	}
	limits := rootfs.DefaultLimits()
	limits.Work, limits.ImageWork = 0, 0 // a cluster asks for as long as it runs
	f := &files{fs: rootfs.New(layers, limits)}
	c.known[digest] = f
	return f, nil
}
