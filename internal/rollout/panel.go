package rollout

import (
	"cmp"
	"context"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// panel asks the judge aside from the loop, since a judge may have to fetch a log: each pod is before it once at a time.
type panel struct {
	judge   func(context.Context, *corev1.Pod, []corev1.Event) (*finding.Finding, bool)
	answers chan answer
	// seats bounds how many pods are judged at once.
	seats chan struct{}
}

type answer struct {
	pod    types.UID
	cause  *finding.Finding
	doomed bool
}

func newPanel(judge func(context.Context, *corev1.Pod, []corev1.Event) (*finding.Finding, bool)) panel {
	return panel{judge: judge, answers: make(chan answer), seats: make(chan struct{}, 8)}
}

// ask brings every pod in trouble before the judge that has changed since it was there.
func (p panel) ask(ctx context.Context, b *board) {
	for _, pods := range b.byWorkload() {
		for _, pod := range pods {
			if pod.asked || !pod.changed || !inTrouble(pod.Pod) {
				continue
			}
			pod.asked, pod.changed = true, false
			go p.hearing(ctx, pod.Pod, b.warningsOf(pod.UID))
		}
	}
}

func (p panel) hearing(ctx context.Context, pod *corev1.Pod, events []corev1.Event) {
	select {
	case p.seats <- struct{}{}:
	case <-ctx.Done():
		return
	}
	cause, doomed := p.judge(ctx, pod, events)
	<-p.seats
	select {
	case p.answers <- answer{pod.UID, cause, doomed}:
	case <-ctx.Done():
	}
}

// inTrouble is every pod that is not ready, and a ready one with a container that has crashed before: being ready does not
// mean much then.
func inTrouble(pod *corev1.Pod) bool {
	if pod.Status.Phase == corev1.PodSucceeded {
		return false
	}
	return !isReady(pod) || slices.ContainsFunc(lasting(pod), func(c corev1.ContainerStatus) bool {
		return c.RestartCount > 0 || c.LastTerminationState.Terminated != nil
	})
}

// warningsOf returns the pod's Warning events, the oldest first.
func (b *board) warningsOf(pod types.UID) []corev1.Event {
	return slices.SortedFunc(maps.Values(b.warnings[pod]), func(x, y corev1.Event) int {
		return cmp.Or(x.LastTimestamp.Compare(y.LastTimestamp.Time), cmp.Compare(x.Name, y.Name))
	})
}
