package apply

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// each does something with every target of a stage, side by side. What is wrong with an object becomes a finding, in the
// order of the targets, and stops none of the others; what is wrong with the cluster is an error and ends it all.
func (r *run) each(ctx context.Context, stage int, do func(context.Context, *target) error) ([]finding.Finding, error) {
	found := make([][]finding.Finding, len(r.targets))
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(r.opts.Concurrency)
	for i, t := range r.targets {
		if t.stage() != stage {
			continue
		}
		group.Go(func() (err error) {
			found[i], err = r.judge(ctx, t, do(running, t))
			return err
		})
	}
	err := group.Wait()
	return slices.Concat(found...), err
}

// judge tells what is wrong with an object from what is wrong with the cluster.
func (a *Applier) judge(ctx context.Context, t *target, err error) ([]finding.Finding, error) {
	switch {
	case err == nil:
		return nil, nil
	case atFault(err):
		return []finding.Finding{explain(t, err)}, nil
	default:
		return nil, a.unavailable(ctx, t.name(), err)
	}
}
