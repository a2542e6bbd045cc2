package rollout

import (
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/annotation"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/podcount"
)

// assessment is the state of the whole rollout at one moment.
type assessment struct {
	// done means that every object is.
	done bool
	// failed means that some object has failed, or some pod permanently.
	failed bool
	// next is when time alone may change the assessment; zero when only a change can.
	next time.Time
}

// assess looks at every object and the pods that belong to it.
func (tr *tracker) assess(now time.Time) assessment {
	a := assessment{done: true}
	// wait reports whether a moment has come, and remembers the next one that has not.
	wait := func(at time.Time, ok bool) bool {
		if ok && at.After(now) {
			a.next = soonest(a.next, at)
		}
		return ok && !at.After(now)
	}
	mine := tr.byWorkload()
	for _, t := range tr.order {
		if !annotation.Wait(t.last) {
			continue
		}
		a.done = wait(t.doneAt(mine[t], tr.opts.StableFor)) && a.done
		a.failed = wait(t.failedAt()) || a.failed
		a.failed = wait(tr.permanentAt(t.refusal, t.refused)) || a.failed
		for _, p := range mine[t] {
			a.failed = wait(tr.permanentAt(p.diagnosis, p.since)) || a.failed
		}
	}
	return a
}

// byWorkload sorts the pods of the applied objects' current revisions, and those of an earlier one that block them.
func (tr *tracker) byWorkload() map[*trackedObject][]*trackedPod {
	mine := map[*trackedObject][]*trackedPod{}
	for _, p := range tr.pods {
		if t := tr.workload(p.Pod); t != nil && t.counts(p.Pod) {
			mine[t] = append(mine[t], p)
		} else if t := tr.blocks(p); t != nil {
			mine[t] = append(mine[t], p)
		}
	}
	return mine
}

// doneAt is when the object will be done if nothing changes; false when something has to change first. An object that
// wants pods must have been ready for a while itself, too, so that no pod is overlooked whose change comes late.
func (t *trackedObject) doneAt(pods []*trackedPod, stableFor time.Duration) (time.Time, bool) {
	at, ok := t.readyAt(len(pods))
	if !ok || !annotation.Wait(t.last) { // what is not waited for is done, whatever its pods are
		return at, ok
	}
	if podcount.Wanted(t.last) > 0 {
		at = at.Add(stableFor)
	}
	for _, p := range pods {
		pod, ok := p.stability.StableAt(p.Pod, stableFor)
		if !ok || p.diagnosis.Permanent {
			return time.Time{}, false
		}
		at = later(at, pod)
	}
	return at, true
}
