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
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
)

// Inspect looks into the layers of images that Resolve found, side by side and each layer at most once, whichever
// images and platforms share it, and fills in their Inspection and Twins: what their own commands start. The errors are
// in the order of the images, and like those of Resolve. An image with an error is left as far as it got.
func (c *Client) Inspect(ctx context.Context, images ...*Image) []error {
	var jobs []*job
	for _, img := range distinct(images) {
		for j := range img.Manifests {
			m := &img.Manifests[j]
			m.Inspection = &Inspection{}
			jobs = append(jobs, &job{img: img, manifest: m, starts: []Start{own}, found: m.Inspection})
		}
	}
	problems := c.inspect(ctx, distinct(images), jobs)
	errs := make([]error, len(images))
	for i, img := range images {
		errs[i] = problems[img]
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

// job is to look at what is started of one platform's image.
type job struct {
	img      *Image
	manifest *Manifest
	starts   []Start
	found    *Inspection
}

// inspect does jobs and looks for twins. It returns the first thing that went wrong with each image, explained.
func (c *Client) inspect(ctx context.Context, images []*Image, jobs []*job) map[*Image]error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.opts.Reading, &registry.SlowError{After: c.opts.Reading})
	defer cancel()
	defer c.layers.rest()
	jobs = c.recall(jobs)
	c.expect(images, jobs)
	problems := problems{first: map[*Image]error{}}
	defer c.watch(ctx, len(jobs), &problems)()
	c.sideBySide(ctx, jobs, &problems)
	for _, img := range images {
		problems.note(img, c.findTwins(ctx, img))
	}
	explained := map[*Image]error{}
	for img, err := range problems.first {
		explained[img] = c.explain(ctx, img.Reference, err)
	}
	return explained
}

func (c *Client) expect(images []*Image, jobs []*job) {
	for _, j := range jobs {
		c.layers.expect(j.img, j.manifest)
	}
	for _, img := range images {
		for _, m := range twinManifests(img) {
			c.layers.expect(img, &m)
		}
	}
}

// sideBySide does all jobs. What found no memory, since several large images were read at once, is done again alone.
func (c *Client) sideBySide(ctx context.Context, jobs []*job, problems *problems) {
	var group errgroup.Group
	group.SetLimit(c.opts.Jobs)
	for _, j := range jobs {
		group.Go(func() error {
			problems.note(j.img, c.do(ctx, j))
			problems.done()
			return nil
		})
	}
	_ = group.Wait() // every error is kept with its image
	for _, j := range jobs {
		if isCrowded(j.found.Broken) {
			c.layers.rest()
			c.layers.free()
			problems.note(j.img, c.do(ctx, j))
		}
	}
}

// problems are the first errors of images, and how many jobs are done.
type problems struct {
	mu       sync.Mutex
	first    map[*Image]error
	finished int
}

func (p *problems) note(img *Image, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil && p.first[img] == nil {
		p.first[img] = err
	}
}

func (p *problems) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finished++
}

// do finds what one platform's image starts.
func (c *Client) do(ctx context.Context, j *job) error {
	fsys, done := c.layers.borrow(j.img, j.manifest)
	defer done()
	*j.found = Inspection{}
	if reason := unreadable(j.manifest.Platform); reason != "" {
		j.found.Unchecked = []string{reason}
		return nil
	}
	for _, start := range j.starts {
		started, err := launch.Trace(ctx, fsys, start.what(), start.command(j.manifest.File.Config))
		j.found.add(start, started, j.manifest.Layers)
		fault, problem := broken(ctx, j.manifest, err)
		if fault != nil || problem != nil {
			j.found.Broken = fault
			return problem
		}
	}
	c.keep(j)
	return nil
}

func (i *Inspection) add(start Start, started launch.Launch, layers []v1.Descriptor) {
	for _, p := range started.Programs {
		program := programOf(p.File, layers)
		program.Starter = start.What
		i.Programs = append(i.Programs, program)
	}
	if m := started.Missing; m != nil {
		i.Absent = append(i.Absent, Absent{Starter: start.What, Path: m.Path, Err: m.Err})
	}
	for _, text := range started.Unchecked {
		if !slices.Contains(i.Unchecked, text) {
			i.Unchecked = append(i.Unchecked, text)
		}
	}
}

// unreadable says why nothing is known of a platform's programs; "" if it can be.
func unreadable(p v1.Platform) string {
	switch {
	case p.OS != "" && p.OS != "linux":
		return fmt.Sprintf("the programs of %s; only those of Linux are read", p.OS)
	case p.Architecture != "" && !rootfs.Known(p.Architecture):
		return fmt.Sprintf("the programs for %s; how ELF calls that CPU is not known here", p.Architecture)
	}
	return ""
}

// broken separates a layer that contains the wrong bytes, which is the image's fault, from one that could not be had.
func broken(ctx context.Context, m *Manifest, err error) (fault, problem error) {
	var missing *registry.BlobError
	switch {
	case err == nil:
		return nil, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.As(err, &missing):
		return nil, &layerError{manifest: *m, err: err}
	}
	return err, nil
}
