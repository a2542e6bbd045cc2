package rollout

import (
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	corev1 "k8s.io/api/core/v1"
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
	mine := tr.byWorkload()
	for _, t := range tr.order {
		at, ok := t.doneAt(mine[t], tr.opts.StableFor)
		if !ok || at.After(now) {
			a.done = false
		}
		if ok && at.After(now) && (a.next.IsZero() || at.Before(a.next)) {
			a.next = at
		}
		a.failed = a.failed || t.state.status == status.FailedStatus || anyPermanent(mine[t])
	}
	return a
}

// byWorkload sorts the pods of the applied objects' current revisions.
func (tr *tracker) byWorkload() map[*trackedObject][]*trackedPod {
	mine := map[*trackedObject][]*trackedPod{}
	for _, p := range tr.pods {
		if t := tr.workload(p.Pod); t != nil && t.counts(p.Pod) {
			mine[t] = append(mine[t], p)
		}
	}
	return mine
}

// counts leaves out pods that say nothing about the rollout: the failed tries of a Job that completed, those that a node
// gave up (evicted, lost) and their controller replaces, and those of a Deployment that is paused before its new template.
func (t *trackedObject) counts(pod *corev1.Pod) bool {
	failed := pod.Status.Phase == corev1.PodFailed
	switch t.last.GetKind() {
	case "Job":
		return !failed || t.state.status != status.CurrentStatus
	case "Pod":
		return true
	}
	return !failed && !paused(t.last)
}

// doneAt is when the object will be done if nothing changes; false when something has to change first. An object that
// wants pods must have been current for a while itself, too, so that no pod is overlooked whose change comes late.
func (t *trackedObject) doneAt(pods []*trackedPod, stableFor time.Duration) (time.Time, bool) {
	if t.state.status != status.CurrentStatus {
		return time.Time{}, false
	}
	at := t.since
	if desired(t.last) > 0 && !paused(t.last) {
		at = at.Add(stableFor)
	}
	for _, p := range pods {
		pod, ok := p.stability.stableAt(p.Pod, stableFor)
		if !ok || p.diagnosis.Permanent {
			return time.Time{}, false
		}
		at = later(at, pod)
	}
	return at, true
}

func anyPermanent(pods []*trackedPod) bool {
	for _, p := range pods {
		if p.diagnosis.Permanent {
			return true
		}
	}
	return false
}
