package agreement

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
)

// change has some workloads replace pods that ask for other resources, and says how.
func (d dice) change(s *subject) {
	rolling := func(fields ...any) map[string]any {
		return map[string]any{"type": "RollingUpdate",
			"rollingUpdate": map[string]any{"maxSurge": fields[0], "maxUnavailable": fields[1]}}
	}
	strategies := map[string][]map[string]any{
		"Deployment": {nil, rolling(int64(0), int64(1)), rolling(int64(1), int64(0)), rolling(int64(2), int64(1)),
			rolling("50%", "0%"), rolling(int64(1), int64(2)), {"type": "Recreate"}},
		"StatefulSet": {nil},
		"DaemonSet":   {nil, rolling(int64(1), int64(0)), rolling(int64(0), "50%")},
	}[s.object.GetKind()]
	if len(strategies) == 0 || s.quota != nil || s.scaler != nil || s.class != "" || !d.once(3) {
		return
	}
	field := "strategy"
	if s.object.GetKind() == "DaemonSet" {
		field = "updateStrategy"
	}
	if strategy := pick(d, strategies...); strategy != nil {
		s.object.Object["spec"].(map[string]any)[field] = strategy
	}
	s.before = fmt.Sprintf("%dm", 50*(1+d.IntN(20)))
}

// earlier is the workload before its update: with other requests.
func earlier(obj *unstructured.Unstructured, cpu string) *unstructured.Unstructured {
	old := obj.DeepCopy()
	containers, _ := template.Of(old)[0].Path.In(old.Object)["containers"].([]any)
	for _, c := range containers {
		c.(map[string]any)["resources"] = map[string]any{"requests": map[string]any{"cpu": cpu}}
	}
	path := template.Of(old)[0].Path
	metadata, _ := path[:len(path)-1].In(old.Object)["metadata"].(map[string]any)
	metadata["annotations"] = map[string]any{revision: "old"}
	return old
}

// compareUpdate makes the workload as it was, has all of its pods run, and compares how the update of it ends with the
// plan.
func (c *comparison) compareUpdate() {
	c.Helper()
	real := subject{object: c.pullable(c.T, c.subject.object)}
	before := subject{object: earlier(real.object, c.subject.before), before: c.subject.before}
	d := c.deploy(c.T, before)
	defer c.remove(c.T, before)
	if d.pending() > 0 || c.runs(c.T, before, d) != "" {
		return // there is no such update
	}
	c.subject = real
	v, refused := c.plan()
	if refused != "" || v.Room == nil {
		c.Errorf("an update of what runs: its pods are refused: %q, its room is %v", refused, v.Room)
		return
	}
	foretold := v.Room.Fit == v.Room.Wanted && !v.Room.Stuck
	_, err := c.apply(c.T, real.object)
	must(c.T, err)
	if through := c.updated(real.object, v.Room.Wanted); through != foretold {
		c.Errorf("an update of pods that asked for %s gets through: %t, foretold %+v", before.before, through, v.Room)
	}
}

// updated waits for the end of an update, and reports whether all its pods have got a node. An update has come to a
// halt when the pods that find no node find none a second time, made anew: the scheduler has yet to try again those
// that waited for old ones to go.
func (c *comparison) updated(obj *unstructured.Unstructured, wanted int) (through bool) {
	c.Helper()
	var before progress
	wait(c.T, "the update of "+obj.GetKind()+" "+obj.GetName()+" ends", func(ctx context.Context) bool {
		now, ok := c.progress(ctx, obj)
		if !ok || now.fresh < before.fresh {
			return false
		}
		through = now.fresh == wanted && now.old == 0 && len(now.waiting) == 0
		if through || now.repeats(before) {
			return true
		}
		if len(now.waiting) > 0 {
			before = now
			c.recreate(ctx, now.waiting)
		}
		return false
	})
	return through
}

// progress is how far an update has come.
type progress struct {
	fresh, old int
	waiting    []corev1.Pod // which find no node
}

func (p progress) repeats(before progress) bool {
	for _, pod := range p.waiting {
		if slices.ContainsFunc(before.waiting, func(b corev1.Pod) bool { return b.UID == pod.UID }) {
			return false
		}
	}
	return len(p.waiting) > 0 && len(p.waiting) == len(before.waiting) && p.fresh == before.fresh && p.old == before.old
}

// revision is an annotation of the pods before an update.
const revision = "example.com/revision"

// progress is known while nothing is about to happen: the controller has seen the update, no pod goes, the scheduler
// has decided about each, and those that have a node are ready.
func (c *comparison) progress(ctx context.Context, obj *unstructured.Unstructured) (p progress, known bool) {
	now, err := c.resource(obj).Get(ctx, obj.GetName(), metav1.GetOptions{})
	if err != nil {
		return p, false
	}
	observed, _, _ := unstructured.NestedInt64(now.Object, "status", "observedGeneration")
	pods, err := c.pods(ctx, obj.GetNamespace())
	if err != nil || observed < now.GetGeneration() {
		return p, false
	}
	for _, pod := range pods {
		if pod.DeletionTimestamp != nil || undecided(pod) || pod.Spec.NodeName != "" && !works(pod) {
			return p, false
		}
		if pod.Spec.NodeName == "" {
			p.waiting = append(p.waiting, pod)
		}
		if pod.Annotations[revision] != "" {
			p.old++
		} else {
			p.fresh++
		}
	}
	return p, true
}
