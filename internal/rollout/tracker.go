package rollout

import (
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// tracker holds everything seen so far. It does no waiting: time comes in as an argument.
type tracker struct {
	opts    Options
	order   []*trackedObject
	objects map[object.Key]*trackedObject
	// owners are all objects seen that are neither pods nor events.
	owners map[types.UID]*unstructured.Unstructured
	pods   map[types.UID]*trackedPod
	// warnings are the Warning events by the pod they are about.
	warnings map[types.UID]map[types.UID]corev1.Event
}

// tracked is an applied object and its state.
type trackedObject struct {
	id, name   string
	generation int64
	last       *unstructured.Unstructured
	state      state
	// since is when the object was first seen current without a break since; zero when it is not.
	since time.Time
}

// trackedPod is a pod of a namespace that is watched, foreign ones included.
type trackedPod struct {
	*corev1.Pod
	stability stability
	// diagnosis is the last one; once it is permanent it stays.
	diagnosis finding.Diagnosis
	// changed means that there is news since the last diagnosis was started; pending that its result is awaited.
	changed, pending bool
}

func newTracker(applied []*unstructured.Unstructured, opts Options) *tracker {
	tr := &tracker{
		opts:     opts,
		objects:  map[object.Key]*trackedObject{},
		owners:   map[types.UID]*unstructured.Unstructured{},
		pods:     map[types.UID]*trackedPod{},
		warnings: map[types.UID]map[types.UID]corev1.Event{},
	}
	for _, u := range applied {
		gvk := u.GroupVersionKind()
		t := &trackedObject{id: object.ID(gvk, u), name: object.Name(gvk.Kind, u), generation: u.GetGeneration(), last: u}
		t.state = state{status.InProgressStatus, "not seen yet"}
		if !isWatched(gvk) {
			t.state = state{status.CurrentStatus, ""}
		}
		if tr.objects[object.KeyOf(u)] == nil {
			tr.order = append(tr.order, t)
			tr.objects[object.KeyOf(u)] = t
		}
	}
	return tr
}

// see takes in a change of an object.
func (tr *tracker) see(c change, now time.Time) {
	switch {
	case c.from.GroupVersionResource == events:
		tr.seeEvent(c)
		return
	case c.from.GroupVersionResource == pods:
		tr.seePod(c, now)
	case c.gone:
		delete(tr.owners, c.object.GetUID())
	default:
		tr.owners[c.object.GetUID()] = c.object
	}
	if t := tr.objects[object.KeyOf(c.object)]; t != nil {
		t.see(c, now)
	}
}

func (t *trackedObject) see(c change, now time.Time) {
	t.last = c.object
	switch {
	case c.gone && t.finishedJob():
		return
	case c.gone:
		t.state = state{status.FailedStatus, "it was deleted while it was waited for"}
	case fresh(c.object, t.generation):
		t.state = compute(c.object)
	default:
		t.state = state{status.InProgressStatus, "its controller has not seen the change yet"}
	}
	if t.state.status != status.CurrentStatus {
		t.since = time.Time{}
	} else if t.since.IsZero() {
		t.since = now
	}
}

// finishedJob says whether a Job may go: one with ttlSecondsAfterFinished does.
func (t *trackedObject) finishedJob() bool {
	return t.last.GetKind() == "Job" && t.state.status == status.CurrentStatus
}

// ifFresh returns t, or nil while its revision may be the one before.
func (t *trackedObject) ifFresh() *trackedObject {
	if fresh(t.last, t.generation) {
		return t
	}
	return nil
}

func (tr *tracker) seePod(c change, now time.Time) {
	uid := c.object.GetUID()
	var pod corev1.Pod
	err := runtime.DefaultUnstructuredConverter.FromUnstructured(c.object.Object, &pod)
	if c.gone || err != nil || pod.DeletionTimestamp != nil {
		delete(tr.pods, uid)
		return
	}
	p := tr.pods[uid]
	if p == nil {
		p = &trackedPod{}
		tr.pods[uid] = p
	}
	p.Pod, p.changed = &pod, true
	p.stability.observe(&pod, tr.opts.StableFor, now)
}

func (tr *tracker) seeEvent(c change) {
	var event corev1.Event
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(c.object.Object, &event); err != nil || c.gone {
		return
	}
	about := event.InvolvedObject.UID
	if tr.warnings[about] == nil {
		tr.warnings[about] = map[types.UID]corev1.Event{}
	}
	tr.warnings[about][event.UID] = event
	if p := tr.pods[about]; p != nil {
		p.changed = true
	}
}
