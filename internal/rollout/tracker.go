package rollout

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout/follow"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout/stability"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout/streams"
)

// tracker keeps everything seen so far. It does no waiting: time comes in as an argument.
type tracker struct {
	opts    Options
	order   []*trackedObject
	objects map[object.Key]*trackedObject
	// owners are all objects seen that are neither pods nor events.
	owners map[types.UID]*unstructured.Unstructured
	pods   map[types.UID]*trackedPod
	// warnings are the Warning events by the object they are about.
	warnings map[types.UID]map[types.UID]corev1.Event
	classes  *streams.Classes
}

// trackedPod is a pod of a namespace that is watched, foreign ones included.
type trackedPod struct {
	*corev1.Pod
	stability stability.Stability
	// diagnosis is the last one; once it is permanent it stays. since is when a diagnosis of its kind was first made.
	diagnosis finding.Diagnosis
	since     time.Time
	// changed means that there is news since the last diagnosis was started; pending that its result is awaited.
	changed, pending bool
	// deleted means that Options.ReplaceStuck has had it deleted.
	deleted bool
}

func newTracker(applied []*unstructured.Unstructured, opts Options) *tracker {
	tr := &tracker{
		opts:     opts,
		objects:  map[object.Key]*trackedObject{},
		owners:   map[types.UID]*unstructured.Unstructured{},
		pods:     map[types.UID]*trackedPod{},
		warnings: map[types.UID]map[types.UID]corev1.Event{},
		classes:  streams.NewClasses(),
	}
	for _, u := range applied {
		if t := newTrackedObject(u); tr.objects[object.KeyOf(u)] == nil {
			tr.order = append(tr.order, t)
			tr.objects[object.KeyOf(u)] = t
		}
	}
	return tr
}

// see takes in a change of an object.
func (tr *tracker) see(c follow.Change, now time.Time) {
	switch {
	case c.From.GroupVersionResource == streams.Events:
		tr.seeEvent(c)
		return
	case c.From.GroupVersionResource == streams.Pods:
		tr.seePod(c, now)
	case c.From.GroupVersionResource == streams.StorageClasses, c.From.GroupVersionResource == streams.IngressClasses:
		tr.classes.See(c)
		for _, t := range tr.order {
			if t.seen {
				t.update(tr.classes, now)
			}
		}
	case c.Gone:
		delete(tr.owners, c.Object.GetUID())
	default:
		tr.owners[c.Object.GetUID()] = c.Object
	}
	if t := tr.objects[object.KeyOf(c.Object)]; t != nil {
		t.see(c, tr.classes, now)
	}
}

func (tr *tracker) seePod(c follow.Change, now time.Time) {
	uid := c.Object.GetUID()
	var pod corev1.Pod
	err := runtime.DefaultUnstructuredConverter.FromUnstructured(c.Object.Object, &pod)
	if c.Gone || err != nil || pod.DeletionTimestamp != nil {
		delete(tr.pods, uid)
		return
	}
	p := tr.pods[uid]
	if p == nil {
		p = &trackedPod{}
		tr.pods[uid] = p
	}
	p.Pod, p.changed = &pod, true
	p.stability.Observe(&pod, tr.opts.StableFor, now)
}

func (tr *tracker) seeEvent(c follow.Change) {
	var event corev1.Event
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(c.Object.Object, &event); err != nil || c.Gone {
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

// note keeps a pod's diagnosis and reports whether it is a new one. A trouble that has lasted for its grace without
// anything that would end it becomes permanent; see permanent.
func (p *trackedPod) note(d finding.Diagnosis, now time.Time) (isNew bool) {
	before := p.diagnosis.Finding
	isNew = d.Finding != nil && (before == nil || before.Code != d.Finding.Code || before.Container != d.Finding.Container)
	if isNew || d.Finding == nil {
		p.since = now
	}
	p.diagnosis = d
	return isNew
}
