package inspect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
)

// Inspect looks into the layers of images that Resolve found, side by side and each layer at most once, whichever
// images and platforms share it, and fills in their Inspection and Twins: what their own commands start. The errors are
// in the order of the images, and like those of Resolve. An image with an error is left as far as it got.
func (i *Inspector) Inspect(ctx context.Context, images ...*image.Image) []error {
	var jobs []*job
	for _, img := range distinct(images) {
		for j := range img.Manifests {
			m := &img.Manifests[j]
			m.Inspection = &image.Inspection{}
			jobs = append(jobs, &job{img: img, manifest: m, starts: []Start{own}, found: m.Inspection})
		}
	}
	problems := i.inspect(ctx, distinct(images), jobs)
	errs := make([]error, len(images))
	for i, img := range images {
		errs[i] = problems[img]
	}
	return errs
}

// distinct drops images that are given again: references may lead to one.
func distinct(images []*image.Image) (list []*image.Image) {
	for _, img := range images {
		if !slices.Contains(list, img) {
			list = append(list, img)
		}
	}
	return list
}

// job is to look at what is started of one platform's image.
type job struct {
	img      *image.Image
	manifest *image.Manifest
	starts   []Start
	found    *image.Inspection
}

// inspect does jobs and looks for twins. It returns the first thing that went wrong with each image, explained.
func (i *Inspector) inspect(ctx context.Context, images []*image.Image, jobs []*job) map[*image.Image]error {
	ctx, cancel := context.WithTimeoutCause(ctx, i.opts.Timeout, &registry.SlowError{After: i.opts.Timeout})
	defer cancel()
	defer i.layers.rest()
	jobs = i.recall(jobs)
	i.expect(images, jobs)
	problems := problems{first: map[*image.Image]error{}}
	defer i.watch(ctx, len(jobs), &problems)()
	i.sideBySide(ctx, jobs, &problems)
	for _, img := range images {
		problems.note(img, i.findTwins(ctx, img))
	}
	explained := map[*image.Image]error{}
	for img, err := range problems.first {
		explained[img] = i.client.Explain(ctx, img.Reference, err)
	}
	return explained
}

func (i *Inspector) expect(images []*image.Image, jobs []*job) {
	for _, j := range jobs {
		i.layers.expect(j.img, j.manifest)
	}
	for _, img := range images {
		for _, m := range twinManifests(img) {
			i.layers.expect(img, &m)
		}
	}
}

// sideBySide does all jobs. What found no memory, since several large images were read at once, is done again alone.
func (i *Inspector) sideBySide(ctx context.Context, jobs []*job, problems *problems) {
	var group errgroup.Group
	group.SetLimit(i.opts.Jobs)
	for _, j := range jobs {
		group.Go(func() error {
			problems.note(j.img, i.do(ctx, j))
			problems.done()
			return nil
		})
	}
	_ = group.Wait() // every error is kept with its image
	for _, j := range jobs {
		if isCrowded(j.found.Broken) {
			i.layers.rest()
			i.layers.free()
			problems.note(j.img, i.do(ctx, j))
		}
	}
}

// problems are the first errors of images, and how many jobs are done.
type problems struct {
	mu       sync.Mutex
	first    map[*image.Image]error
	finished int
}

func (p *problems) note(img *image.Image, err error) {
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

// watch reports how far an inspection is.
func (i *Inspector) watch(ctx context.Context, jobs int, p *problems) (stop func()) {
	return i.client.Report(ctx, func() string {
		p.mu.Lock()
		defer p.mu.Unlock()
		return fmt.Sprintf("Reading layers: %d of %d platforms checked", p.finished, jobs)
	})
}

// do finds what one platform's image starts.
func (i *Inspector) do(ctx context.Context, j *job) error {
	fsys, done := i.layers.borrow(j.img, j.manifest)
	defer done()
	*j.found = image.Inspection{}
	if reason := unreadable(j.manifest.Platform); reason != "" {
		j.found.Unchecked = []string{reason}
		return nil
	}
	for _, start := range j.starts {
		started, err := launch.Trace(ctx, fsys, start.what(), start.command(j.manifest.File.Config))
		add(j.found, start, started, j.manifest.Layers)
		fault, problem := broken(ctx, j.manifest, err)
		if fault != nil || problem != nil {
			j.found.Broken = fault
			return problem
		}
	}
	i.keep(j)
	return nil
}

func add(i *image.Inspection, start Start, started launch.Launch, layers []v1.Descriptor) {
	for _, p := range started.Programs {
		program := programOf(p.File, layers)
		program.Starter = start.What
		i.Programs = append(i.Programs, program)
	}
	if m := started.Missing; m != nil {
		i.Absent = append(i.Absent, image.Absent{Starter: start.What, Path: m.Path, Err: m.Err})
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
func broken(ctx context.Context, m *image.Manifest, err error) (fault, problem error) {
	var missing *registry.BlobError
	switch {
	case err == nil:
		return nil, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.As(err, &missing):
		return nil, &image.LayerError{Manifest: *m, Err: err}
	}
	return err, nil
}

func programOf(file rootfs.File, layers []v1.Descriptor) image.Program {
	return image.Program{
		Path: file.Path, Layer: file.Layer + 1, Layers: len(layers), Digest: layers[file.Layer].Digest,
		Architecture: rootfs.Architecture(file.Head), Format: rootfs.Format(file.Head),
	}
}
