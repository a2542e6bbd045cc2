package image

import (
	"context"
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

// Resolve asks the registries what references lead to, side by side, for each distinct one once. The results are in the
// order of refs. An error is an *Error where the registry says that there is no such image, or refuses to show it, and
// a plain one, which names the registry, where it cannot be reached or sends something that is no image.
func (c *Client) Resolve(ctx context.Context, refs []name.Reference) []Result {
	results := make([]Result, len(refs))
	first := map[string]int{}
	var group errgroup.Group
	group.SetLimit(c.opts.Jobs)
	for i, ref := range refs {
		if _, seen := first[ref.String()]; seen {
			continue
		}
		first[ref.String()] = i
		group.Go(func() error {
			results[i].Image, results[i].Err = c.resolve(ctx, ref)
			return nil
		})
	}
	_ = group.Wait() // every error stands in its own result
	for i, ref := range refs {
		results[i] = results[first[ref.String()]]
	}
	return results
}

func (c *Client) resolve(ctx context.Context, ref name.Reference) (*Image, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.opts.Timeout, &registry.SlowError{After: c.opts.Timeout})
	defer cancel()
	image, err := walker{client: c, repository: ref.Context(), entries: new(atomic.Int64)}.start(ctx, ref)
	if err != nil {
		return nil, c.explain(ctx, ref, err)
	}
	c.findParent(ctx, image)
	return image, nil
}
