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

// board holds everything seen so far. It does no waiting: time comes in as an argument.
type board struct {
	opts    Options
	order   []*tracked
	objects map[key]*tracked
	// owners are all objects seen that are neither pods nor events.
	owners map[types.UID]*unstructured.Unstructured
	pods   map[types.UID]*watchedPod
	// warnings are the Warning events by the pod they are about.
	warnings map[types.UID]map[types.UID]corev1.Event
}

// tracked is an applied object and its state.
type tracked struct {
	id, name   string
	generation int64
	last       *unstructured.Unstructured
	state      state
	// since is when the object was first seen current without a break since; zero when it is not.
	since time.Time
}

// watchedPod is a pod of a namespace that is watched, foreign ones included.
type watchedPod struct {
	*corev1.Pod
	steady steadiness
	// cause and doomed are the last judgement; a pod that is doomed stays so.
	cause  *finding.Finding
	doomed bool
	// changed means that there is news since the judge was last asked; asked that the answer is pending.
	changed, asked bool
}

func newBoard(applied []*unstructured.Unstructured, opts Options) *board {
	b := &board{
		opts:     opts,
		objects:  map[key]*tracked{},
		owners:   map[types.UID]*unstructured.Unstructured{},
		pods:     map[types.UID]*watchedPod{},
		warnings: map[types.UID]map[types.UID]corev1.Event{},
	}
	for _, u := range applied {
		gvk := u.GroupVersionKind()
		t := &tracked{id: object.ID(gvk, u), name: object.Name(gvk.Kind, u), generation: u.GetGeneration(), last: u}
		t.state = state{status.InProgressStatus, "not seen yet"}
		if !isWatched(gvk) {
			t.state = state{status.CurrentStatus, ""}
		}
		if b.objects[keyOf(u)] == nil {
			b.order = append(b.order, t)
			b.objects[keyOf(u)] = t
		}
	}
	return b
}

// see takes in a change of an object.
func (b *board) see(c change, now time.Time) {
	switch {
	case c.from.GroupVersionResource == events:
		b.seeEvent(c)
		return
	case c.from.GroupVersionResource == pods:
		b.seePod(c, now)
	case c.gone:
		delete(b.owners, c.object.GetUID())
	default:
		b.owners[c.object.GetUID()] = c.object
	}
	if t := b.objects[keyOf(c.object)]; t != nil {
		t.see(c, now)
	}
}

func (t *tracked) see(c change, now time.Time) {
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
func (t *tracked) finishedJob() bool {
	return t.last.GetKind() == "Job" && t.state.status == status.CurrentStatus
}

// ifFresh returns t, or nil while its revision may be the one before.
func (t *tracked) ifFresh() *tracked {
	if fresh(t.last, t.generation) {
		return t
	}
	return nil
}

func (b *board) seePod(c change, now time.Time) {
	uid := c.object.GetUID()
	var pod corev1.Pod
	err := runtime.DefaultUnstructuredConverter.FromUnstructured(c.object.Object, &pod)
	if c.gone || err != nil || pod.DeletionTimestamp != nil {
		delete(b.pods, uid)
		return
	}
	p := b.pods[uid]
	if p == nil {
		p = &watchedPod{}
		b.pods[uid] = p
	}
	p.Pod, p.changed = &pod, true
	p.steady.observe(&pod, b.opts.Settle, now)
}

func (b *board) seeEvent(c change) {
	var event corev1.Event
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(c.object.Object, &event); err != nil || c.gone {
		return
	}
	about := event.InvolvedObject.UID
	if b.warnings[about] == nil {
		b.warnings[about] = map[types.UID]corev1.Event{}
	}
	b.warnings[about][event.UID] = event
	if p := b.pods[about]; p != nil {
		p.changed = true
	}
}
