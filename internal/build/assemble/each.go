package assemble

import (
	"errors"

	"golang.org/x/sync/errgroup"
)

// parallel is how many images, and of each how many platforms, are worked on side by side.
const parallel = 4

// each calls do for the numbers below n, side by side, and joins the errors in their order.
func each(n int, do func(i int) error) error {
	errs := make([]error, n)
	var group errgroup.Group
	group.SetLimit(parallel)
	for i := range n {
		group.Go(func() error {
			errs[i] = do(i)
			return nil
		})
	}
	_ = group.Wait() // every error is in its own place
	return errors.Join(errs...)
}
