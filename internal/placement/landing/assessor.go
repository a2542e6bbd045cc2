// Package landing holds the workloads of a deploy against the nodes of a cluster: where each could land, what would
// happen to it there, and what keeps it off the others.
package landing

import (
	"context"
	"maps"
	"slices"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

// Cluster is what workloads are held against.
type Cluster struct {
	// Snapshot has the deploy's own namespaces and claims too.
	schedule.Snapshot
	// Pools are the kinds of nodes that the cluster can have.
	Pools []pool.Pool
	// Images are what the registries hold, by reference.
	Images map[string]platform.Offer
	// Foreign are the programs that containers start and nodes could not load.
	Foreign map[ContainerKey][]Foreign
	// Running: Snapshot has all pods that run.
	Running bool
}

// Assessor holds workloads against the classes of nodes of a cluster.
type Assessor struct {
	Cluster
	workloads []pods.Workload // as they were given
	storage   pods.Storage
	classes   []nodeClass
	ever      *schedule.Scheduler // of one empty node per class
}

// New returns an assessor of the workloads of a deploy, which is to be closed. The error is that the scheduler's
// plugins could not be set up.
func New(ctx context.Context, c Cluster, workloads []pods.Workload, storage pods.Storage) (Assessor, error) {
	a := Assessor{Cluster: c, workloads: slices.Clone(workloads), storage: storage}
	a.classes = classesOf(c.Nodes, questionsOf(workloads, storage))
	if len(c.Pools) > 0 {
		a.classes = append(a.classes, poolClasses(c.Pools, c.Nodes, pods.AskedOf(workloads, storage))...)
	}
	empty := schedule.Snapshot{Storage: storage.Storage}
	for _, class := range a.classes {
		empty.Nodes = append(empty.Nodes, *class.Example())
	}
	var err error
	a.ever, err = schedule.New(ctx, empty, schedule.Ever)
	return a, err
}

// Close ends what New started.
func (a Assessor) Close() { a.ever.Close() }

// HasNodes reports that the cluster has nodes, or pools that can have some.
func (a Assessor) HasNodes() bool {
	return slices.ContainsFunc(a.classes, func(c nodeClass) bool { return !c.guessed() })
}

// Architectures sums up an assessment: the worst that can happen on the nodes of each architecture and OS, and where
// that rests on nodes that are not there yet.
func (a Assessor) Architectures(s Assessment) (all map[string]Outcome, withoutNode []string) {
	all = map[string]Outcome{}
	for _, c := range s.Workload.Containers {
		for _, arch := range a.Images[c.Image].Architectures() {
			all[arch] = Absent
		}
	}
	there, possible := map[string]Outcome{}, map[string]Outcome{}
	for _, candidate := range s.Candidates {
		worst := Excluded
		if candidate.admitted() || candidate.Fails() {
			worst = candidate.outcome()
		}
		if candidate.guessed() && !candidate.Fails() {
			continue // nothing runs on a node that nobody announced
		}
		kind := candidate.Kind()
		possible[kind] = Worse(worst, possible[kind])
		if candidate.Pool == nil {
			there[kind] = Worse(worst, there[kind])
		}
	}
	maps.Copy(all, possible)
	for _, arch := range slices.Sorted(maps.Keys(possible)) {
		if there[arch] != possible[arch] {
			withoutNode = append(withoutNode, arch)
		}
	}
	return all, withoutNode
}
