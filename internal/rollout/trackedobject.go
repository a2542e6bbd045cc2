package rollout

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/annotation"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/podcount"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout/follow"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout/streams"
)

const (
	// firstStatus is how long an object of a custom kind may take to report something that can be judged. Controllers
	// do within seconds; many kinds never do.
	firstStatus = 10 * time.Second
	// failedFor is how long a custom object must report a failure before it counts: controllers report one while what
	// they need is still being made, and try again.
	failedFor = 10 * time.Second
)

// trackedObject is an applied object and its state.
type trackedObject struct {
	id, name   string
	generation int64
	last       *unstructured.Unstructured
	// seen means that the watch has shown the object.
	seen bool
	// statusless means that its kind has no status at all, so that nothing is waited for.
	statusless bool
	status     readiness.Status
	// first is when the controller was first seen to know what was applied, zero before. since is when the object came
	// into its present state.
	first, since time.Time
	// refusal is why its controller cannot make pods, since when refused; see refusal.go.
	refusal finding.Diagnosis
	refused time.Time
}

func newTrackedObject(u *unstructured.Unstructured) *trackedObject {
	gvk := u.GroupVersionKind()
	t := &trackedObject{id: object.ID(gvk, u), name: object.Name(gvk.Kind, u), generation: u.GetGeneration(), last: u}
	t.status = readiness.Status{State: readiness.InProgress, Message: "not seen yet"}
	switch {
	case !annotation.Wait(u):
		t.status = readiness.Of(u, 0)
	case !streams.IsWatched(gvk):
		t.status = readiness.Status{State: readiness.Ready}
	}
	return t
}

func (t *trackedObject) see(c follow.Change, classes *streams.Classes, now time.Time) {
	t.last, t.seen = c.Object, true
	switch {
	case c.Gone && t.finishedJob():
	case c.Gone:
		t.become(readiness.Status{State: readiness.Failed, Message: "it was deleted while it was waited for"}, now)
	default:
		t.update(classes, now)
	}
}

// update computes the state from what was last seen.
func (t *trackedObject) update(classes *streams.Classes, now time.Time) {
	if t.first.IsZero() && !readiness.IsStale(t.last, t.generation) {
		t.first = now
	}
	s := classes.Correct(t.last, readiness.Of(t.last, t.generation))
	if status, _, _ := unstructured.NestedMap(t.last.Object, "status"); t.statusless && len(status) == 0 &&
		s.State == readiness.InProgress && t.last.GetDeletionTimestamp() == nil {
		s = readiness.Status{State: readiness.Unjudged, Message: "its kind has no status"}
	}
	t.become(s, now)
}

func (t *trackedObject) become(s readiness.Status, now time.Time) {
	if t.since.IsZero() || t.status.State != s.State {
		t.since = now
	}
	s.Message = finding.OneLine(s.Message)
	t.status = s
}

// unwatchable notes that the deployer may not watch the object, so that nothing is known of it.
func (t *trackedObject) unwatchable(now time.Time) {
	t.seen, t.statusless = true, true
	t.become(readiness.Status{State: readiness.Unjudged, Message: "the deployer may not watch it"}, now)
}

// finishedJob reports whether a Job may go: one with ttlSecondsAfterFinished does.
func (t *trackedObject) finishedJob() bool {
	return t.last.GetKind() == "Job" && t.status.State == readiness.Ready
}

// ifFresh returns t, or nil while its revision may be the one before.
func (t *trackedObject) ifFresh() *trackedObject {
	if readiness.IsStale(t.last, t.generation) {
		return nil
	}
	return t
}

// readyAt is when the object itself counts as ready if nothing changes, its pods aside; false when something has to
// change first. What cannot be judged counts after a time in which its controller could have reported.
func (t *trackedObject) readyAt(pods int) (time.Time, bool) {
	switch t.status.State {
	case readiness.Ready:
		return t.since, true
	case readiness.Unjudged:
		if wanted := podcount.Wanted(t.last); wanted > int64(pods) {
			return time.Time{}, false
		}
		if t.statusless {
			return t.since, t.seen
		}
		return later(t.first, t.since).Add(firstStatus), !t.first.IsZero()
	}
	return time.Time{}, false
}

// failedAt is when the object counts as failed if nothing changes; false when nothing says that it has failed.
func (t *trackedObject) failedAt() (time.Time, bool) {
	at := t.since
	if object.IsCustom(t.last) {
		at = at.Add(failedFor)
	}
	return at, t.status.State == readiness.Failed
}

// heldBack returns what keeps pods of an older revision, once the controller knows what was applied.
func (t *trackedObject) heldBack() podcount.Held {
	if t.ifFresh() == nil {
		return podcount.Held{}
	}
	return podcount.HeldBack(t.last)
}

// counts leaves out pods that say nothing about the rollout: the failed tries of a Job that completed, and those that a
// node gave up (evicted, lost) and their controller replaces.
func (t *trackedObject) counts(pod *corev1.Pod) bool {
	failed := pod.Status.Phase == corev1.PodFailed
	switch t.last.GetKind() {
	case "Job":
		return !failed || t.status.State != readiness.Ready
	case "Pod":
		return true
	}
	return !failed
}
