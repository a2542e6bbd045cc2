package rollout

import (
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	corev1 "k8s.io/api/core/v1"
)

// verdict is how things stand at one moment.
type verdict struct {
	// settled means that all is well and done.
	settled bool
	// failed means that some object has failed or some pod is doomed.
	failed bool
	// next is when time alone may change the verdict; zero when only news can.
	next time.Time
}

// verdict looks at every object and the pods that belong to it.
func (b *board) verdict(now time.Time) verdict {
	v := verdict{settled: true}
	mine := b.byWorkload()
	for _, t := range b.order {
		at, ok := t.settledAt(mine[t], b.opts.Settle)
		if !ok || at.After(now) {
			v.settled = false
		}
		if ok && at.After(now) && (v.next.IsZero() || at.Before(v.next)) {
			v.next = at
		}
		v.failed = v.failed || t.state.status == status.FailedStatus || anyDoomed(mine[t])
	}
	return v
}

// byWorkload sorts the pods of the applied objects' current revisions.
func (b *board) byWorkload() map[*tracked][]*watchedPod {
	mine := map[*tracked][]*watchedPod{}
	for _, p := range b.pods {
		if t := b.workload(p.Pod); t != nil && t.counts(p.Pod) {
			mine[t] = append(mine[t], p)
		}
	}
	return mine
}

// counts leaves out pods that say nothing about the rollout: the failed tries of a Job that completed, those that a node
// gave up (evicted, lost) and their controller replaces, and those of a Deployment that is paused before its new template.
func (t *tracked) counts(pod *corev1.Pod) bool {
	failed := pod.Status.Phase == corev1.PodFailed
	switch t.last.GetKind() {
	case "Job":
		return !failed || t.state.status != status.CurrentStatus
	case "Pod":
		return true
	}
	return !failed && !paused(t.last)
}

// settledAt is when the object will have settled if nothing changes; false when something has to change first. Objects
// that want pods must have been current for a while themselves, too, so that no pod is overlooked whose news is late.
func (t *tracked) settledAt(pods []*watchedPod, settle time.Duration) (time.Time, bool) {
	if t.state.status != status.CurrentStatus {
		return time.Time{}, false
	}
	at := t.since
	if desired(t.last) > 0 && !paused(t.last) {
		at = at.Add(settle)
	}
	for _, p := range pods {
		pod, ok := p.steady.settledAt(p.Pod, settle)
		if !ok || p.doomed {
			return time.Time{}, false
		}
		at = later(at, pod)
	}
	return at, true
}

func anyDoomed(pods []*watchedPod) bool {
	for _, p := range pods {
		if p.doomed {
			return true
		}
	}
	return false
}
