package image

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"
)

// Result is the outcome for one reference: an Image or an error.
type Result struct {
	Image *Image
	Err   error
}

// Resolve asks the registry what ref leads to. It returns an *Error when the registry says that
// there is no such image or refuses to show it, and plain errors, which name the registry,
// when it cannot be reached or sends something that is no image.
func Resolve(ctx context.Context, ref name.Reference, opts Options) (*Image, error) {
	result := ResolveAll(ctx, []name.Reference{ref}, opts)[0]
	return result.Image, result.Err
}

// ResolveAll resolves references side by side, each distinct one once. The results stand in the order of refs.
func ResolveAll(ctx context.Context, refs []name.Reference, opts Options) []Result {
	results := make([]Result, len(refs))
	puller, err := opts.puller()
	if err != nil {
		for i := range results {
			results[i].Err = fmt.Errorf("setting up the registry client: %w", err)
		}
		return results
	}
	first := map[string]int{}
	var group errgroup.Group
	group.SetLimit(opts.Jobs)
	for i, ref := range refs {
		if _, seen := first[ref.Name()]; seen {
			continue
		}
		first[ref.Name()] = i
		group.Go(func() error {
			results[i].Image, results[i].Err = resolve(ctx, puller, ref, opts)
			return nil
		})
	}
	_ = group.Wait() // every error stands in its own result
	for i, ref := range refs {
		results[i] = results[first[ref.Name()]]
	}
	return results
}

func resolve(ctx context.Context, puller *remote.Puller, ref name.Reference, opts Options) (*Image, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, opts.Timeout, &slowError{after: opts.Timeout})
	defer cancel()
	walk := walker{puller: puller, repository: ref.Context(), jobs: opts.Jobs}
	image, err := walk.start(ctx, ref)
	if err != nil {
		return nil, explain(ctx, ref, err)
	}
	return image, nil
}
