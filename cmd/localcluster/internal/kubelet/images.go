package kubelet

import (
	"maps"
	"slices"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// image is one image on one node. Like containerd, it is known by the digest of its config: references with the
// same config are names of the same image.
type image struct {
	id      v1.Hash
	size    int64 // compressed, in bytes
	config  v1.Config
	files   *files
	tags    map[string]bool
	digests map[string]bool
}

// images is the image store of one node.
type images struct {
	mu   sync.Mutex
	byID map[v1.Hash]*image
	refs map[string]v1.Hash
	turn chan struct{} // the kubelet pulls one image after the other (serializeImagePulls)
}

func newImages() *images {
	return &images{byID: map[v1.Hash]*image{}, refs: map[string]v1.Hash{}, turn: make(chan struct{}, 1)}
}

// get returns the image that a reference names on this node, or nil.
func (s *images) get(ref string) *image {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := s.refs[ref]
	if !ok {
		return nil
	}
	return s.byID[id]
}

// add keeps a pulled image under its reference and repository digest.
func (s *images) add(p *pulled) *image {
	s.mu.Lock()
	defer s.mu.Unlock()
	img := s.byID[p.id]
	if img == nil {
		img = &image{id: p.id, size: p.size, config: p.config, files: p.files, tags: map[string]bool{},
			digests: map[string]bool{}}
		s.byID[p.id] = img
	}
	if p.tag != "" {
		img.tags[p.tag] = true
		s.refs[p.tag] = p.id
	}
	img.digests[p.digest] = true
	s.refs[p.digest] = p.id
	return img
}

// names returns what a container's status calls its image: of several tags and several digests the first in
// alphabetical order, which need not be what the pod asked for.
func (s *images) names(img *image) (tag, digest string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tag = img.id.String()
	if len(img.tags) > 0 {
		tag = slices.Min(slices.Collect(maps.Keys(img.tags)))
	}
	return tag, slices.Min(slices.Collect(maps.Keys(img.digests)))
}
