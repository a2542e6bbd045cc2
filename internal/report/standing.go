package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

// standing is what a workload comes to on each architecture.
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
			s.spots[architecture] = spot{outcome: outcome, withoutNode: slices.Contains(w.WithoutNode, architecture)}
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
		s.markPassedOver()
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

// markPassedOver marks the architectures that the workload's pods have passed over.
func (s standing) markPassedOver() {
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

// spot is what a workload comes to on the nodes of one architecture: what was foreseen there, and what was seen.
type spot struct {
	outcome    placement.Outcome
	pods, well int
	// reason is why a pod there is not well, or "".
	reason string
	// withoutNode: what was foreseen rests on nodes that are not there yet.
	withoutNode bool
	// elsewhere: the workload has pods, and none of them here.
	elsewhere bool
}

// mood says at a glance how something is.
type mood string

const (
	good mood = "good"
	bad  mood = "bad"
	// risk: nothing has happened, and it may.
	risk mood = "risk"
	// off: nothing is here, and nothing is wrong with that.
	off mood = "off"
)

var moodIcon = map[mood]string{good: "✅", bad: "❌", risk: "⚠️", off: "➖"}

func (s spot) mood() mood {
	failing := slices.Contains([]placement.Outcome{placement.Crashes, placement.PullFails, placement.Rejected}, s.outcome)
	switch {
	case s.pods > s.well:
		return bad
	case s.pods > 0: // whatever was foreseen
		return good
	case failing && s.elsewhere:
		return risk
	case failing && s.withoutNode:
		return risk
	case failing:
		return bad
	case s.outcome == placement.Runs && !s.elsewhere:
		return good
	default:
		return off
	}
}

// String says what a spot comes to: before the rollout in the word of the plan, then by its pods.
func (s spot) String() string {
	switch {
	case s.pods > s.well:
		return fmt.Sprintf("%d of %s ready", s.well, count(s.pods, "pod"))
	case s.pods > 0:
		return count(s.pods, "pod") + " ready"
	case s.outcome == placement.Runs && s.elsewhere:
		return "no pod"
	case s.withoutNode:
		return string(s.outcome) + ", " + noNodeYet
	default:
		return string(cmp.Or(s.outcome, placement.Absent))
	}
}
