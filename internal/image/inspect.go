package image

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// Inspect looks into the layers of images that Resolve found, side by side and each layer at most once, whichever
// images and platforms share it, and fills in their Inspection and Twins. The errors stand in the order of the images;
// they are like those of Resolve. An image with an error is left as far as it got.
func (c *Client) Inspect(ctx context.Context, images ...*Image) []error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.opts.Reading, &registry.SlowError{After: c.opts.Reading})
	defer cancel()
	problems := c.inspectAll(ctx, distinct(images))
	errs := make([]error, len(images))
	for i, img := range images {
		if err := problems[img]; err != nil {
			errs[i] = c.explain(ctx, img.Reference, err)
		}
	}
	return errs
}

// distinct drops images that are given again: references may lead to one.
func distinct(images []*Image) (list []*Image) {
	for _, img := range images {
		if !slices.Contains(list, img) {
			list = append(list, img)
		}
	}
	return list
}

// inspectAll returns the first thing that went wrong with each image.
func (c *Client) inspectAll(ctx context.Context, images []*Image) map[*Image]error {
	s := newShelf(ctx, c, images)
	var mu sync.Mutex
	problems := map[*Image]error{}
	note := func(img *Image, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err != nil && problems[img] == nil {
			problems[img] = err
		}
	}
	var group errgroup.Group
	group.SetLimit(c.opts.Jobs)
	for _, img := range images {
		for j := range img.Manifests {
			group.Go(func() error {
				note(img, s.inspect(img, &img.Manifests[j]))
				return nil
			})
		}
	}
	_ = group.Wait() // every error stands with its image
	for _, img := range images {
		note(img, s.findTwins(img))
	}
	return problems
}

// inspect finds what one platform's image starts.
func (s *shelf) inspect(img *Image, m *Manifest) error {
	fsys, done := s.borrow(img, m)
	defer done()
	m.Inspection = &Inspection{}
	if reason := unreadable(m.Platform); reason != "" {
		m.Inspection.Unchecked = []string{reason}
		return nil
	}
	launch, err := fsys.Launch(commandOf(m.File.Config))
	for _, p := range launch.Programs {
		m.Inspection.Programs = append(m.Inspection.Programs, programOf(p.File, m.Layers))
	}
	m.Inspection.Unchecked = launch.Unchecked
	m.Inspection.Broken, err = broken(m, err)
	return err
}

// unreadable says why nothing can be told of a platform's programs; "" if it can.
func unreadable(p v1.Platform) string {
	switch {
	case p.OS != "" && p.OS != "linux":
		return fmt.Sprintf("the programs of %s; only those of Linux are read", p.OS)
	case p.Architecture != "" && !rootfs.Known(p.Architecture):
		return fmt.Sprintf("the programs for %s; how ELF calls that CPU is not known here", p.Architecture)
	}
	return ""
}

// broken tells a layer that holds the wrong bytes, which is the image's fault, from one that could not be had.
func broken(m *Manifest, err error) (fault, problem error) {
	var missing *registry.BlobError
	switch {
	case err == nil:
		return nil, nil
	case errors.As(err, &missing):
		return nil, &layerError{manifest: *m, err: err}
	}
	return err, nil
}
