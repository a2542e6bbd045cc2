package action

import (
	"slices"

	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

// pools are the kinds of nodes that the plan has to hold for, besides the nodes that are there.
func (d *deploy) pools() []pool.Pool {
	pools := slices.Clone(d.config.ExpectedNodes)
	if d.config.PlanFor == inputs.PlanForPlatforms {
		pools = append(pools, pool.OfPlatforms(d.config.Platforms)...)
	}
	return pools
}
