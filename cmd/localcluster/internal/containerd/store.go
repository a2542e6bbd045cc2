package containerd

import (
	"maps"
	"slices"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/machine"
)

// Image is one image on one node. Like containerd, it is known by the digest of its config: references with the
// same config are names of the same image.
type Image struct {
	ID      v1.Hash
	Size    int64 // compressed, in bytes
	Config  v1.Config
	Files   *machine.Files
	tags    map[string]bool
	digests map[string]bool
}

// Store has the images of one node.
type Store struct {
	mu   sync.Mutex
	byID map[v1.Hash]*Image
	refs map[string]v1.Hash
}

// NewStore has none yet.
func NewStore() *Store {
	return &Store{byID: map[v1.Hash]*Image{}, refs: map[string]v1.Hash{}}
}

// Get returns the image that a reference names on this node, or nil.
func (s *Store) Get(ref string) *Image {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := s.refs[ref]
	if !ok {
		return nil
	}
	return s.byID[id]
}

// Add keeps a pulled image under its reference and repository digest.
func (s *Store) Add(p *Pulled) *Image {
	s.mu.Lock()
	defer s.mu.Unlock()
	img := s.byID[p.id]
	if img == nil {
		img = &Image{ID: p.id, Size: p.size, Config: p.config, Files: p.files, tags: map[string]bool{},
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

// Names returns what a container's status calls its image: of several tags and several digests the first in
// alphabetical order, which need not be what the pod asked for.
func (s *Store) Names(img *Image) (tag, digest string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tag = img.ID.String()
	if len(img.tags) > 0 {
		tag = slices.Min(slices.Collect(maps.Keys(img.tags)))
	}
	return tag, slices.Min(slices.Collect(maps.Keys(img.digests)))
}
