package rollout

import (
	"cmp"
	"context"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout/stability"
)

// diagnoser runs Options.Diagnose beside the loop, since a diagnosis may have to fetch a log. Each pod is diagnosed
// once at a time.
type diagnoser struct {
	diagnose Diagnose
	results  chan diagnosed
	// slots bounds how many pods are diagnosed at once.
	slots chan struct{}
}

type diagnosed struct {
	pod types.UID
	finding.Diagnosis
}

func newDiagnoser(diagnose Diagnose) diagnoser {
	return diagnoser{diagnose: diagnose, results: make(chan diagnosed), slots: make(chan struct{}, 8)}
}

// start diagnoses every pod in trouble that has changed since it was last diagnosed.
func (d diagnoser) start(ctx context.Context, tr *tracker) {
	for _, pods := range tr.byWorkload() {
		for _, pod := range pods {
			if pod.pending || !pod.changed || !inTrouble(pod.Pod) {
				continue
			}
			pod.pending, pod.changed = true, false
			go d.run(ctx, pod.Pod, tr.warningsOf(pod.UID))
		}
	}
}

func (d diagnoser) run(ctx context.Context, pod *corev1.Pod, events []corev1.Event) {
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	diagnosis := d.diagnose(ctx, pod, events)
	<-d.slots
	select {
	case d.results <- diagnosed{pod.UID, diagnosis}:
	case <-ctx.Done():
	}
}

// inTrouble reports whether a pod is to be diagnosed: one that is not ready, and a ready one with a container that has
// crashed before, for which being ready does not mean much.
func inTrouble(pod *corev1.Pod) bool {
	if pod.Status.Phase == corev1.PodSucceeded {
		return false
	}
	return !object.IsReady(pod) || slices.ContainsFunc(stability.Lasting(pod), object.Container.Started)
}

// warningsOf returns the pod's Warning events, the oldest first.
func (tr *tracker) warningsOf(pod types.UID) []corev1.Event {
	return slices.SortedFunc(maps.Values(tr.warnings[pod]), func(x, y corev1.Event) int {
		return cmp.Or(x.LastTimestamp.Compare(y.LastTimestamp.Time), cmp.Compare(x.Name, y.Name))
	})
}
