package capacity

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/room"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

// growth is how many of a workload's pods fit once the pools have all the nodes that they may have.
type growth struct {
	fit, most, mostFit int
	pools              []pool.Pool // that it takes
}

// nodesTried is how many nodes a pool without a limit is thought to add.
const nodesTried = 100

// grown places the pods again with the nodes that pools can add, where some did not fit.
func (d Deploy) grown(ctx context.Context, today []room.Forecast, workloads []room.Workload,
	all []Workload) ([]growth, error) {
	growths := make([]growth, len(today))
	missing := 0
	for _, f := range today {
		missing += max(0, f.Wanted-f.Fit) + max(0, f.Most-f.MostFit)
	}
	cluster := d.Cluster
	owner := map[string]*pool.Pool{}
	cluster.Nodes = slices.Clone(cluster.Nodes)
	for i := range d.Pools {
		added := d.added(&d.Pools[i], all, min(missing, nodesTried))
		cluster.Nodes = append(cluster.Nodes, added...)
		for _, n := range added {
			owner[n.Name] = &d.Pools[i]
		}
	}
	if len(owner) == 0 {
		return growths, nil
	}
	forecasts, err := room.Foretell(ctx, cluster, workloads, d.scaling())
	if err != nil {
		return nil, err
	}
	for i, f := range forecasts {
		growths[i] = growth{fit: f.Fit, most: f.Most, mostFit: f.MostFit}
	}
	for i := range d.Pools {
		withdraw(&d.Pools[i], owner, forecasts, workloads, growths)
	}
	return growths, nil
}

// added are the nodes that a pool can add.
func (d Deploy) added(from *pool.Pool, all []Workload, most int) []corev1.Node {
	if from.Source == pool.Platforms || most == 0 {
		return nil
	}
	workloads := make([]pods.Workload, len(all))
	for i := range all {
		workloads[i] = all[i].Workload
	}
	return from.Growth(d.Cluster.Nodes, pods.AskedOf(workloads, d.Storage), most)
}

// withdraw takes the pods back that go beyond what a pool may have in all: each kind of its nodes was tried up to the
// limit.
func withdraw(from *pool.Pool, owner map[string]*pool.Pool, forecasts []room.Forecast, workloads []room.Workload,
	growths []growth) {
	left := from.Limits.DeepCopy()
	used := map[string]bool{}
	for i, f := range forecasts {
		request := pods.RequestsOf(&workloads[i].Pod(0).Spec)
		for name, pods := range f.Nodes {
			if owner[name] != from {
				continue
			}
			used[name] = true
			held := pods
			if from.Max == nil || len(used) <= *from.Max {
				held = pods - reserve(left, request, pods)
			}
			growths[i].fit -= held
			if held < pods {
				growths[i].take(*from)
			}
		}
	}
}

// take notes a pool that pods are on, each once: those of several architectures have one name.
func (g *growth) take(p pool.Pool) {
	if !slices.ContainsFunc(g.pools, func(other pool.Pool) bool { return other.Title() == p.Title() }) {
		g.pools = append(g.pools, p)
	}
}

// reserve sets aside what pods request of what is left, and returns how many of them it is enough for.
func reserve(left, request corev1.ResourceList, pods int) int {
	for n := range pods {
		for name, limit := range left {
			if want := request[name]; limit.Cmp(want) < 0 {
				return n
			}
		}
		for name, limit := range left {
			limit.Sub(request[name])
			left[name] = limit
		}
	}
	return pods
}

// itself: all pools that it takes grow when pods wait.
func (g growth) itself() bool {
	return !slices.ContainsFunc(g.pools, func(p pool.Pool) bool { return !p.Grows })
}

// words are " If the AKS pool spot grows, all 6 fit.", or "" where growing is no help.
func (g growth) words(f room.Forecast) string {
	if len(g.pools) == 0 || g.fit <= f.Fit {
		return ""
	}
	return fmt.Sprintf(" If %s, %s fit.", g.grow(), share(g.fit, f.Wanted))
}

func (g growth) mostWords() string {
	if len(g.pools) == 0 || g.most == 0 {
		return ""
	}
	return fmt.Sprintf(" If %s, %s fit.", g.grow(), share(g.mostFit, g.most))
}

func share(fit, wanted int) string {
	if fit >= wanted {
		return fmt.Sprintf("all %d", wanted)
	}
	return fmt.Sprintf("%d of %d", fit, wanted)
}

// grow is "the AKS pool spot grows", with its limit where that is known.
func (g growth) grow() string {
	var titles []string
	for _, p := range g.pools {
		title := p.Title()
		if p.Max != nil {
			title += fmt.Sprintf(" (at most %s)", finding.Counted(*p.Max, "node"))
		}
		titles = append(titles, title)
	}
	verb := " grows"
	if len(titles) > 1 {
		verb = " grow"
	}
	return platform.Conjoin(titles) + verb
}
