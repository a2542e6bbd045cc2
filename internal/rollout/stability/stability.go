// Package stability watches how long the containers of a pod last.
package stability

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

const (
	// afterCrash bounds what a container that has crashed must last: longer than the runs before it, but not for ever.
	afterCrash = time.Minute
	// longRun is a run after which earlier crashes no longer count; the kubelet forgets them then, too. It also dwarfs
	// the difference between the clocks of a node and ours.
	longRun = 10 * time.Minute
)

// Stability is how long a pod has been up under observation. The rule: a pod is stable when it is Ready, and each of
// its containers and sidecars has been running and ready, in one and the same run, for
//   - StableFor, if it never crashed;
//   - twice as long as its run before, at least twice StableFor and at most a minute, if it did.
//
// What counts is what was seen between events, not what one snapshot claims: a container that restarts starts anew.
type Stability struct {
	ready time.Time
	runs  map[string]run
}

// run is one run of a container, and since when it has been seen ready without a break.
type run struct {
	id    string
	since time.Time
	need  time.Duration
}

// Observe takes in a new state of the pod.
func (s *Stability) Observe(pod *corev1.Pod, stableFor time.Duration, now time.Time) {
	if !object.IsReady(pod) {
		s.ready = time.Time{}
	} else if s.ready.IsZero() {
		s.ready = now
	}
	runs := map[string]run{}
	for _, container := range Lasting(pod) {
		c := container.Status
		if c.State.Running == nil || !c.Ready {
			continue
		}
		r := run{id: c.ContainerID, since: now, need: need(c, stableFor, now)}
		if before, ok := s.runs[c.Name]; ok && before.id == r.id {
			r = before
		}
		runs[c.Name] = r
	}
	s.runs = runs
}

// StableAt is when the pod will be stable if nothing changes; false when something has to change first.
func (s *Stability) StableAt(pod *corev1.Pod, stableFor time.Duration) (time.Time, bool) {
	if pod.Status.Phase == corev1.PodSucceeded {
		return time.Time{}, true
	}
	if s.ready.IsZero() || len(s.runs) < len(Lasting(pod)) {
		return time.Time{}, false
	}
	at := s.ready.Add(stableFor)
	for _, r := range s.runs {
		if lasted := r.since.Add(r.need); lasted.After(at) {
			at = lasted
		}
	}
	return at, true
}

// need is how long the container's present run must last.
func need(c corev1.ContainerStatus, stableFor time.Duration, now time.Time) time.Duration {
	last := c.LastTerminationState.Terminated
	if c.RestartCount == 0 && last == nil || now.Sub(c.State.Running.StartedAt.Time) > longRun {
		return stableFor
	}
	var before time.Duration
	// A container that could not be started has the epoch as its start.
	if last != nil && last.StartedAt.Unix() > 0 {
		before = last.FinishedAt.Sub(last.StartedAt.Time)
	}
	return max(2*stableFor, min(2*before, afterCrash))
}

// Lasting are the containers that are meant to stay up: the pod's own and its sidecars.
func Lasting(pod *corev1.Pod) []object.Container {
	return slices.DeleteFunc(object.Containers(pod), func(c object.Container) bool { return c.Init })
}
