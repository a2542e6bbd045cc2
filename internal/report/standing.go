package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

// Standing is what a workload comes to on each architecture.
type Standing struct {
	Workload
	Spots map[string]Spot
}

// NoNode is the architecture of pods that no node has taken.
const NoNode = ""

// Standings joins the plan with the pods. Pods that the plan knows no workload of, a custom kind's, come last.
func (r *Report) Standings() []Standing {
	var all []Standing
	index := map[string]int{}
	for _, w := range r.Workloads {
		s := Standing{w, map[string]Spot{}}
		for architecture, outcome := range w.Architectures {
			s.Spots[architecture] = Spot{Outcome: outcome, WithoutNode: slices.Contains(w.WithoutNode, architecture)}
		}
		index[w.Label()] = len(all)
		all = append(all, s)
	}
	for _, pod := range r.Pods {
		label := workloadOf(pod)
		if _, known := index[label]; !known {
			index[label] = len(all)
			all = append(all, Standing{workloadNamed(label), map[string]Spot{}})
		}
		all[index[label]].add(pod)
	}
	for _, s := range all {
		s.markPassedOver()
	}
	return all
}

func (s Standing) add(pod rollout.Pod) {
	at := s.Spots[pod.Architecture]
	at.Pods++
	if isWell(pod) {
		at.Well++
	} else {
		at.Reason = cmp.Or(at.Reason, pod.Reason)
	}
	s.Spots[pod.Architecture] = at
}

// markPassedOver marks the architectures that the workload's pods have passed over.
func (s Standing) markPassedOver() {
	pods := s.PodCount()
	for architecture, at := range s.Spots {
		at.Elsewhere = pods > 0 && at.Pods == 0
		s.Spots[architecture] = at
	}
}

// PodCount counts the workload's pods.
func (s Standing) PodCount() (n int) {
	for _, at := range s.Spots {
		n += at.Pods
	}
	return n
}

// Worst is the most severe mood over all architectures.
func (s Standing) Worst() Mood {
	order := []Mood{Off, Good, Risk, Bad}
	worst := Off
	for _, at := range s.Spots {
		worst = order[max(slices.Index(order, worst), slices.Index(order, at.Mood()))]
	}
	return worst
}

// Spot is what a workload comes to on the nodes of one architecture: what was foreseen there, and what was seen.
type Spot struct {
	Outcome    landing.Outcome
	Pods, Well int
	// Reason is why a pod there is not well, or "".
	Reason string
	// WithoutNode: what was foreseen rests on nodes that are not there yet.
	WithoutNode bool
	// Elsewhere: the workload has pods, and none of them here.
	Elsewhere bool
}

// Mood says at a glance how something is.
type Mood string

// The moods.
const (
	Good Mood = "good"
	Bad  Mood = "bad"
	// Risk: nothing has happened, and it may.
	Risk Mood = "risk"
	// Off: nothing is here, and nothing is wrong with that.
	Off Mood = "off"
)

// Mood is trouble where a pod is not well, or would not be.
func (s Spot) Mood() Mood {
	failing := slices.Contains([]landing.Outcome{landing.Crashes, landing.PullFails, landing.Rejected}, s.Outcome)
	switch {
	case s.Pods > s.Well:
		return Bad
	case s.Pods > 0: // whatever was foreseen
		return Good
	case failing && s.Elsewhere:
		return Risk
	case failing && s.WithoutNode:
		return Risk
	case failing:
		return Bad
	case s.Outcome == landing.Runs && !s.Elsewhere:
		return Good
	default:
		return Off
	}
}

// String says what a spot comes to: before the rollout in the word of the plan, then by its pods.
func (s Spot) String() string {
	switch {
	case s.Pods > s.Well:
		return fmt.Sprintf("%d of %s ready", s.Well, finding.Counted(s.Pods, "pod"))
	case s.Pods > 0:
		return finding.Counted(s.Pods, "pod") + " ready"
	case s.Outcome == landing.Runs && s.Elsewhere:
		return "no pod"
	case s.WithoutNode:
		return string(s.Outcome) + ", " + NoNodeYet
	default:
		return string(cmp.Or(s.Outcome, landing.Absent))
	}
}

// ByWeight puts trouble first, then what has many pods.
func ByWeight(a, b Standing) int {
	trouble := func(s Standing) int { return slices.Index([]Mood{Bad, Risk, Good, Off}, s.Worst()) }
	return cmp.Or(cmp.Compare(trouble(a), trouble(b)), cmp.Compare(b.PodCount(), a.PodCount()))
}
