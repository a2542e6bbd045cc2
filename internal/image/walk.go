package image

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"

	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// Bounds on what a registry can make us do; real indexes stay far below them.
const (
	maxDepth     = 4    // indexes within indexes
	maxEntries   = 256  // entries of one index
	maxManifests = 1024 // manifests and indexes below one reference
)

// walker reads the tree of manifests below one reference.
type walker struct {
	client     *Client
	repository name.Repository
	entries    *atomic.Int64 // read so far
	// survey: what an index says of its entries is enough, and nothing that is read is kept.
	survey bool
}

// found is what a part of the tree contains.
type found struct {
	manifests    []Manifest
	missing      []Missing
	skipped      int
	attestations []string
}

func (w walker) start(ctx context.Context, ref name.Reference) (*Image, error) {
	top, err := w.manifest(ctx, ref)
	if err != nil {
		return nil, err
	}
	all, err := w.read(ctx, top, nil, maxDepth)
	if err != nil {
		return nil, err
	}
	switch {
	case len(all.manifests) > 0:
	case len(all.missing) > 0:
		return nil, all.missing[0].err
	default:
		return nil, empty(ref, top.Digest)
	}
	return &Image{
		Reference: ref, Digest: top.Digest, Index: kindOf(top) == kindIndex,
		Manifests: all.manifests, Missing: all.missing, Skipped: all.skipped, Attestations: all.attestations,
		Base: baseOf(top, all.manifests),
	}, nil
}

func (w walker) manifest(ctx context.Context, ref name.Reference) (*remote.Descriptor, error) {
	if w.survey {
		return w.client.registry.Get(ctx, ref)
	}
	return w.client.registry.Manifest(ctx, ref)
}

// read takes what the index said about a manifest, or nil where it said nothing.
func (w walker) read(ctx context.Context, d *remote.Descriptor, claim *v1.Platform, depth int) (found, error) {
	switch kindOf(d) {
	case kindImage:
		m, err := w.readManifest(ctx, d, claim)
		return found{manifests: []Manifest{m}}, err
	case kindIndex:
		if depth == 0 {
			return found{}, fmt.Errorf("index %s lies more than %d indexes deep", d.Digest, maxDepth)
		}
		return w.readIndex(ctx, d, depth-1)
	case kindSchema1:
		return found{}, errors.New("manifest has the obsolete schema 1, which names no platform; push the image again " +
			"with a current tool")
	default:
		return found{}, fmt.Errorf("registry sent %q in place of a manifest; is it a container registry?", d.MediaType)
	}
}

// readIndex reads the entries side by side and keeps their order.
func (w walker) readIndex(ctx context.Context, d *remote.Descriptor, depth int) (found, error) {
	entries, artifacts, err := parseIndex(d)
	if err != nil {
		return found{}, err
	}
	parts := make([]found, len(entries))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(w.client.opts.Jobs)
	for i, entry := range entries {
		group.Go(func() (err error) {
			parts[i], err = w.readEntry(ctx, entry, depth)
			return err
		})
	}
	all := found{skipped: len(artifacts)}
	if !w.survey {
		all.attestations = w.attestations(ctx, artifacts)
	}
	err = group.Wait()
	for _, part := range parts {
		all.manifests = append(all.manifests, part.manifests...)
		all.missing = append(all.missing, part.missing...)
		all.skipped += part.skipped
		all.attestations = union(all.attestations, part.attestations)
	}
	return all, err
}

func (w walker) readEntry(ctx context.Context, entry v1.Descriptor, depth int) (found, error) {
	if w.entries.Add(1) > maxManifests {
		return found{}, fmt.Errorf("its indexes list more than %d manifests in all; at most that many are read", maxManifests)
	}
	if w.survey && entry.Platform != nil && kindOfType(entry.MediaType) == kindImage {
		m := Manifest{Platform: platform.Normalise(*entry.Platform), Digest: entry.Digest, File: &v1.ConfigFile{}} // unread
		return found{manifests: []Manifest{m}}, nil
	}
	child, err := w.manifest(ctx, w.repository.Digest(entry.Digest.String()))
	if err != nil {
		return w.without(ctx, entry, &entryError{entry: entry, err: err})
	}
	part, err := w.read(ctx, child, entry.Platform, depth)
	var artifact *artifactError
	switch {
	case errors.As(err, &artifact):
		return found{skipped: 1}, nil
	case err != nil:
		return w.without(ctx, entry, err)
	}
	return part, nil
}

// without goes on without an entry that the registry lacks: other platforms may be all that anyone needs.
func (w walker) without(ctx context.Context, entry v1.Descriptor, err error) (found, error) {
	if w.client.registry.Explain(ctx, w.repository.RegistryStr(), err).Kind != registry.NotFound {
		return found{}, err
	}
	m := Missing{Digest: entry.Digest, err: err}
	if entry.Platform != nil {
		m.Platform = platform.Normalise(*entry.Platform)
	}
	return found{missing: []Missing{m}}, nil
}
