package room

import (
	"context"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
)

// rolling is how the pods of a workload are replaced: no more than so many in all at a time, and so many of them there.
// The zero value is that all old ones go first, or that nothing is known of it.
type rolling struct {
	extra, lost int  // beyond the number of pods, and below it
	inOrder     bool // each pod in its place, the last one first
	onEach      bool // each on the node of the old one, which goes when the new one is there
}

// roll finds the updates that never get through: the old pods that may not go yet leave no room for the new ones.
func roll(ctx context.Context, cluster schedule.Snapshot, demands []demand, all []Forecast) error {
	var s *schedule.Scheduler
	for i, d := range demands {
		if d.rolling == (rolling{}) || len(d.old) == 0 || all[i].Fit < all[i].Wanted || all[i].Err != nil {
			continue
		}
		if s == nil {
			var err error
			if s, err = schedule.New(ctx, cluster, schedule.Now); err != nil {
				return err
			}
			defer s.Close()
		}
		u := update{demand: d, scheduler: s, left: slices.Clone(d.old), nodes: cluster.Nodes}
		if why := u.run(ctx); why != nil {
			all[i].Stuck, all[i].Why, all[i].NoneMayGo = true, why, d.rolling.lost == 0 && !d.rolling.inOrder
		}
		u.undo()
	}
	return ctx.Err()
}

// update replaces pods as their controller does.
type update struct {
	demand
	scheduler *schedule.Scheduler
	nodes     []corev1.Node
	left      []*corev1.Pod // old ones that are still there
	gone      []*corev1.Pod
	fresh     []*corev1.Pod // new ones that have a node
}

// run returns why the update comes to a halt; nil where it gets through.
func (u *update) run(ctx context.Context) schedule.Reasons {
	switch {
	case u.rolling.inOrder:
		return u.inOrder(ctx)
	case u.rolling.onEach:
		return u.onEach(ctx)
	}
	for len(u.fresh) < u.pods {
		moved := false
		var halt schedule.Reasons
		for len(u.fresh) < u.pods && len(u.fresh)+len(u.left) < u.pods+u.rolling.extra {
			why, err := u.add(ctx, u.Pod(len(u.fresh)))
			if err != nil {
				return nil // which is said of the workload as a whole
			}
			if halt = why; why != nil {
				break
			}
			moved = true
		}
		for len(u.left) > 0 && len(u.left)+len(u.fresh) > u.pods-u.rolling.lost {
			u.remove(u.next())
			moved = true
		}
		if !moved {
			return halt
		}
	}
	return nil
}

// inOrder replaces the pods of a StatefulSet: each waits for the one after it to run.
func (u *update) inOrder(ctx context.Context) schedule.Reasons {
	for n := u.pods - 1; n >= 0; n-- {
		at := slices.IndexFunc(u.left, func(p *corev1.Pod) bool { return ordinal(p) == n })
		if at >= 0 {
			u.remove(at)
		}
		if why, err := u.add(ctx, u.Pod(n)); why != nil || err != nil {
			return why
		}
	}
	return nil
}

func ordinal(p *corev1.Pod) int {
	n, err := strconv.Atoi(p.Name[strings.LastIndex(p.Name, "-")+1:])
	if err != nil {
		return -1
	}
	return n
}

// onEach has a new pod of a DaemonSet beside each old one.
func (u *update) onEach(ctx context.Context) schedule.Reasons {
	for _, pod := range u.daemonPods(u.nodes) {
		node := pod.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms[0].
			MatchFields[0].Values[0]
		if why, err := u.add(ctx, pod); why != nil || err != nil {
			return why
		}
		if at := slices.IndexFunc(u.left, func(p *corev1.Pod) bool { return p.Spec.NodeName == node }); at >= 0 {
			u.remove(at)
		}
	}
	return nil
}

// add returns why no node takes a new pod.
func (u *update) add(ctx context.Context, pod *corev1.Pod) (schedule.Reasons, error) {
	name, why, err := u.scheduler.Place(ctx, pod)
	if err != nil || name == "" {
		return why, err
	}
	pod.Spec.NodeName = name
	u.fresh = append(u.fresh, pod)
	return nil, nil
}

// next is the old pod that goes first: one on the node with the most of them
// (https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset).
func (u *update) next() int {
	byNode := map[string]int{}
	for _, p := range slices.Concat(u.left, u.fresh) {
		byNode[p.Spec.NodeName]++
	}
	best := 0
	for i, p := range u.left {
		if byNode[p.Spec.NodeName] > byNode[u.left[best].Spec.NodeName] {
			best = i
		}
	}
	return best
}

func (u *update) remove(i int) {
	u.scheduler.Remove(u.left[i])
	u.gone = append(u.gone, u.left[i])
	u.left = slices.Delete(u.left, i, i+1)
}

// undo leaves the pods as they were.
func (u *update) undo() {
	for _, pod := range u.fresh {
		u.scheduler.Remove(pod)
	}
	for _, pod := range u.gone {
		u.scheduler.Add(pod)
	}
}
