package containerd

import (
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/machine"
)

// Cache keeps what was read of each image, so that a layer is streamed once for all nodes.
type Cache struct {
	mu    sync.Mutex
	known map[v1.Hash]*machine.Files
}

// NewCache has read nothing yet.
func NewCache() *Cache { return &Cache{known: map[v1.Hash]*machine.Files{}} }

// of returns the file system of an image by its manifest's digest.
func (c *Cache) of(digest v1.Hash, img v1.Image) (*machine.Files, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.known[digest]; f != nil {
		return f, nil
	}
	layers, err := img.Layers()
	if err != nil {
		return nil, err
	}
	f := machine.NewFiles(layers)
	c.known[digest] = f
	return f, nil
}
