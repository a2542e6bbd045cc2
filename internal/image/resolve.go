package image

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/google/go-containerregistry/pkg/name"
	"golang.org/x/sync/errgroup"

	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// Result is the outcome for one reference: an Image or an error.
type Result struct {
	Image *Image
	Err   error
}

// Resolve asks the registries what references lead to, side by side, for each distinct one once; no registry waits for
// another. The results are in the order of refs. An error is an *Error where the registry says that there is no such
// image, or refuses to show it, and a plain one, which names the registry, where it cannot be reached or sends
// something that is no image.
func (c *Client) Resolve(ctx context.Context, refs []name.Reference) []Result {
	results := make([]Result, len(refs))
	first := c.forEach(ctx, refs, func(i int) { results[i].Image, results[i].Err = c.resolve(ctx, refs[i]) })
	for i := range refs {
		results[i] = results[first[i]]
	}
	return results
}

// forEach calls do for the first of each distinct reference, side by side, and no registry waits for another. It
// returns where each reference is first.
func (c *Client) forEach(ctx context.Context, refs []name.Reference, do func(i int)) (firsts []int) {
	first, byRegistry := map[string]int{}, map[string][]int{}
	for i, ref := range refs {
		if _, seen := first[ref.String()]; !seen {
			first[ref.String()] = i
			host := ref.Context().RegistryStr()
			byRegistry[host] = append(byRegistry[host], i)
		}
	}
	left := newCountdown(byRegistry)
	defer c.Report(ctx, left.status)()
	var registries sync.WaitGroup
	for host, indexes := range byRegistry {
		registries.Go(func() {
			var group errgroup.Group
			group.SetLimit(c.opts.Jobs)
			for _, i := range indexes {
				group.Go(func() error {
					do(i)
					left.done(host)
					return nil
				})
			}
			_ = group.Wait() // every error is in its own result
		})
	}
	registries.Wait()
	for _, ref := range refs {
		firsts = append(firsts, first[ref.String()])
	}
	return firsts
}

func (c *Client) resolve(ctx context.Context, ref name.Reference) (*Image, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.opts.Timeout, &registry.SlowError{After: c.opts.Timeout})
	defer cancel()
	image, err := walker{client: c, repository: ref.Context(), entries: new(atomic.Int64)}.start(ctx, ref)
	if err != nil {
		return nil, c.Explain(ctx, ref, err)
	}
	c.findParent(ctx, image)
	return image, nil
}

// countdown counts the images of each registry that are not known yet.
type countdown struct {
	mu        sync.Mutex
	left, all map[string]int
}

func newCountdown(byRegistry map[string][]int) *countdown {
	c := &countdown{left: map[string]int{}}
	for host, indexes := range byRegistry {
		c.left[host] = len(indexes)
	}
	c.all = maps.Clone(c.left)
	return c
}

func (c *countdown) done(host string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left[host]--
}

func (c *countdown) status() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return waiting(c.left, c.all)
}
