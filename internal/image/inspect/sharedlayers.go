package inspect

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// maxOpen is how many streams may stay open for platforms that have yet to be looked at: each keeps a connection, and
// up to 8 MB to unpack zstd.
const maxOpen = 8

// pool contains the layers that were read in a run, so that each is read once, whichever images share it. What was read
// stays known until the budget is short of memory.
type pool struct {
	registry *registry.Client
	budget   *rootfs.Budget

	mu     sync.Mutex
	layers map[string]*pooled
	// unused are the keys of layers that nobody reads; open are those of them whose stream is kept. The longest unused
	// comes first.
	unused, open []string
}

// pooled is one layer. Awaited is how often it will still be borrowed.
type pooled struct {
	layer          *rootfs.Layer
	users, awaited int
}

func newPool(registry *registry.Client, limits rootfs.Limits) *pool {
	return &pool{registry: registry, budget: rootfs.NewBudget(limits), layers: map[string]*pooled{}}
}

// key: a digest is the same bytes in every repository, but only its own registry can be asked for it.
func key(img *image.Image, d v1.Descriptor) string {
	return img.Reference.Context().RegistryStr() + "/" + d.Digest.String()
}

// expect counts in advance who will borrow each layer.
func (p *pool) expect(img *image.Image, m *image.Manifest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range m.Layers {
		p.of(img, d).awaited++
	}
}

// borrow returns the file system of a manifest, and what to call when it is no longer needed.
func (p *pool) borrow(img *image.Image, m *image.Manifest) (fsys *rootfs.FS, done func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.budget.Crowded() {
		p.forgetUnused()
	}
	var layers []*rootfs.Layer
	for _, d := range m.Layers {
		k := key(img, d)
		l := p.of(img, d)
		l.users++
		l.awaited = max(0, l.awaited-1)
		p.unused, p.open = without(p.unused, k), without(p.open, k)
		layers = append(layers, l.layer)
	}
	return rootfs.Of(layers...), func() { p.giveBack(img, m) }
}

func (p *pool) of(img *image.Image, d v1.Descriptor) *pooled {
	k := key(img, d)
	if p.layers[k] == nil {
		source := func(ctx context.Context) (io.ReadCloser, error) {
			return p.registry.Blob(ctx, img.Reference.Context(), d)
		}
		p.layers[k] = &pooled{layer: rootfs.NewLayer(source, p.budget)}
	}
	return p.layers[k]
}

// giveBack closes the streams that nobody else waits for, and those too many. How a connection ends does not matter:
// what was read of it is known.
func (p *pool) giveBack(img *image.Image, m *image.Manifest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range m.Layers {
		k := key(img, d)
		l := p.layers[k]
		if l.users--; l.users > 0 {
			continue
		}
		p.unused = append(p.unused, k)
		if l.awaited == 0 {
			l.layer.Close()
			continue
		}
		if p.open = append(p.open, k); len(p.open) > maxOpen {
			p.layers[p.open[0]].layer.Close()
			p.open = p.open[1:]
		}
	}
}

// rest closes what is still open at the end of an inspection, whose context the streams belong to.
func (p *pool) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.open {
		p.layers[k].layer.Close()
	}
	p.open = nil
}

// free forgets what nobody reads now.
func (p *pool) free() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forgetUnused()
}

// forgetUnused frees the memory of layers that nobody reads now.
func (p *pool) forgetUnused() {
	for _, k := range p.unused {
		_ = p.layers[k].layer.Forget() // how its connection ends does not matter
	}
	p.unused, p.open = nil, nil
}

func without(keys []string, key string) []string {
	return slices.DeleteFunc(keys, func(k string) bool { return k == key })
}

// isCrowded reports that a layer could not be read since others in the run had taken the memory.
func isCrowded(err error) bool {
	var limit *rootfs.LimitError
	return errors.As(err, &limit) && limit.What == rootfs.WhatKept
}
