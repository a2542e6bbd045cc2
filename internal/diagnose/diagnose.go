// Package diagnose says why a pod is not running: the cause, the evidence for it, and what to change.
// It looks at values, and at what the caller's Evidence lets it look up; it never waits and never writes.
package diagnose

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/diagnose/scheduling"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// Evidence is what may be looked at beside the pod. Every field may stay empty; the more is there,
// the more exact the answer.
type Evidence struct {
	// Log returns the end of a container's log, of the run before the current one if previous is set.
	// See ClusterLog. A log often needs a permission of its own (pods/log), so an error is no fault.
	Log func(ctx context.Context, pod *corev1.Pod, container string, previous bool) (string, error)
	// Image returns what the registry has for a reference as the pod spec has it; false when unknown.
	Image func(reference string) (platform.Offer, bool)
	// Nodes are the cluster's nodes: they give architectures, and the reason why a pod fits nowhere.
	Nodes []corev1.Node
	// Events are the Warning events about the pod.
	Events []corev1.Event
	// Lookup reads an object of the cluster.
	Lookup scheduling.Lookup
}

// Pod diagnoses a pod as it is now: first whether it has a node, then whether the node could prepare it, then its
// init containers and sidecars, then its containers. Of several causes the one that explains the others counts: a
// permanent one, then one that keeps a container from starting, then an exit, then a probe. The finding's Object is
// the pod.
func Pod(ctx context.Context, pod *corev1.Pod, ev Evidence) finding.Diagnosis {
	if d := scheduling.Pod(ctx, pod, ev.ofScheduling(pod)); d.Finding != nil {
		return d
	}
	if d := unprepared(pod, ev); d.Finding != nil {
		return d
	}
	var best finding.Diagnosis
	for _, c := range containersOf(pod, ev) {
		if d := c.diagnose(ctx); weight(d) > weight(best) {
			best = d
		}
	}
	return best
}

// ofScheduling is what the search for a node goes by.
func (ev Evidence) ofScheduling(pod *corev1.Pod) scheduling.Evidence {
	own := scheduling.Evidence{Nodes: ev.Nodes, Lookup: ev.Lookup}
	for _, c := range containersOf(pod, ev) {
		own.Images = append(own.Images, c.image())
	}
	return own
}

// weight orders the causes by how much they explain: a container that never starts, or dies, makes the probes of its
// neighbours fail, and them exit.
func weight(d finding.Diagnosis) int {
	if d.Finding == nil {
		return 0
	}
	w := 3
	switch d.Finding.Code {
	case finding.Unhealthy:
		w = 1
	case finding.CrashLoop:
		w = 2
	}
	if d.Permanent {
		w += 10
	}
	return w
}
