package image

import (
	"context"
	"io"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// shelf holds the layers of one inspection, so that what two images share is read once. A layer's stream stays open
// until nobody needs it any more.
type shelf struct {
	client *Client
	// source is how a layer of an image is read, for as long as the inspection may take.
	source func(*Image, v1.Descriptor) rootfs.Source

	mu     sync.Mutex
	layers map[string]*rootfs.Layer
	users  map[string]int
}

// newShelf counts in advance who will need each layer.
func newShelf(ctx context.Context, c *Client, images []*Image) *shelf {
	s := &shelf{client: c, layers: map[string]*rootfs.Layer{}, users: map[string]int{}}
	s.source = func(img *Image, d v1.Descriptor) rootfs.Source { return c.source(ctx, img, d) }
	for _, img := range images {
		for _, m := range append(img.Manifests, twinManifests(img)...) {
			for _, d := range m.Layers {
				s.users[key(img, d)]++
			}
		}
	}
	return s
}

// key: a digest is the same bytes in every repository, but only its own registry can be asked for it.
func key(img *Image, d v1.Descriptor) string {
	return img.Reference.Context().RegistryStr() + "/" + d.Digest.String()
}

// borrow returns the file system of a manifest, and what to call when it is no longer needed.
func (s *shelf) borrow(img *Image, m *Manifest) (fsys *rootfs.FS, done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var layers []*rootfs.Layer
	for _, d := range m.Layers {
		k := key(img, d)
		if s.layers[k] == nil {
			s.layers[k] = rootfs.NewLayer(s.source(img, d), s.client.opts.Limits)
		}
		layers = append(layers, s.layers[k])
	}
	return rootfs.Of(layers...), func() { s.giveBack(img, m) }
}

// giveBack closes and forgets the layers that nobody else will ask for.
func (s *shelf) giveBack(img *Image, m *Manifest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range m.Layers {
		k := key(img, d)
		if s.users[k]--; s.users[k] == 0 {
			s.layers[k].Close() // what was read of it is known; how its connection ends does not matter
			delete(s.layers, k)
		}
	}
}

// source reads a layer from its registry.
func (c *Client) source(ctx context.Context, img *Image, d v1.Descriptor) rootfs.Source {
	return func() (io.ReadCloser, error) { return c.registry.Blob(ctx, img.Reference.Context(), d) }
}
