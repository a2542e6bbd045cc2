package image

import (
	"context"
	"sync/atomic"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// Surveyed is what a registry offers under a reference, or why that is not known.
type Surveyed struct {
	platform.Offer
	// Err is like the errors of Resolve.
	Err error
}

// Survey asks the registries what references offer, as Resolve does, and reads no more than says that: of an index the
// index alone, where a registry counts each manifest against a limit. Of what was read only the platforms are kept, so
// thousands of images take little memory. The results are in the order of refs.
func (c *Client) Survey(ctx context.Context, refs []name.Reference) []Surveyed {
	results := make([]Surveyed, len(refs))
	first := c.forEach(ctx, refs, func(i int) { results[i] = c.SurveyOne(ctx, refs[i]) })
	for i := range refs {
		results[i] = results[first[i]]
	}
	return results
}

// SurveyOne is Survey of one reference, without reports of progress.
func (c *Client) SurveyOne(ctx context.Context, ref name.Reference) Surveyed {
	ctx, cancel := context.WithTimeoutCause(ctx, c.opts.Timeout, &registry.SlowError{After: c.opts.Timeout})
	defer cancel()
	found, err := walker{client: c, repository: ref.Context(), entries: new(atomic.Int64), survey: true}.start(ctx, ref)
	if err != nil {
		return Surveyed{Err: c.Explain(ctx, ref, err)}
	}
	return Surveyed{Offer: platform.Offer{Index: found.Index, Platforms: found.Platforms()}}
}
