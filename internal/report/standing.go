package report

import (
	"cmp"
	"slices"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

// standing is how a workload stands on each architecture.
type standing struct {
	Workload
	spots map[string]spot
}

// noNode is the architecture of pods that no node has taken.
const noNode = ""

// standings joins the plan with the pods. Pods that the plan knows no workload of, a custom kind's, come last.
func (r *Report) standings() []standing {
	var all []standing
	index := map[string]int{}
	for _, w := range r.Workloads {
		s := standing{w, map[string]spot{}}
		for architecture, outcome := range w.Architectures {
			s.spots[architecture] = spot{outcome: outcome}
		}
		index[w.label()] = len(all)
		all = append(all, s)
	}
	for _, pod := range r.Pods {
		label := workloadOf(pod)
		if _, known := index[label]; !known {
			index[label] = len(all)
			all = append(all, standing{workloadNamed(label), map[string]spot{}})
		}
		all[index[label]].add(pod)
	}
	for _, s := range all {
		s.settle()
	}
	return all
}

func (s standing) add(pod rollout.Pod) {
	at := s.spots[pod.Architecture]
	at.pods++
	if isWell(pod) {
		at.well++
	} else {
		at.reason = cmp.Or(at.reason, pod.Reason)
	}
	s.spots[pod.Architecture] = at
}

// settle marks the architectures that the workload's pods have passed over.
func (s standing) settle() {
	pods := s.pods()
	for architecture, at := range s.spots {
		at.elsewhere = pods > 0 && at.pods == 0
		s.spots[architecture] = at
	}
}

// pods counts the workload's pods.
func (s standing) pods() (n int) {
	for _, at := range s.spots {
		n += at.pods
	}
	return n
}

// worst is the mood that a workload is in: the one of its worst spot.
func (s standing) worst() mood {
	order := []mood{off, good, risk, bad}
	worst := off
	for _, at := range s.spots {
		worst = order[max(slices.Index(order, worst), slices.Index(order, at.mood()))]
	}
	return worst
}
