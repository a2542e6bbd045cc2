// Package diagnose tells why a pod is not running: the cause, the evidence for it, and what to change.
// It looks at values, and at what the caller's Evidence lets it look up; it never waits and never writes.
package diagnose

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// Evidence is what may be looked at beside the pod. Every field may stay empty; the more is there,
// the more exact the answer.
type Evidence struct {
	// Log returns the end of a container's log, of the run before the current one if previous is set.
	// See ClusterLog. A log often needs a permission of its own (pods/log), so an error is no fault.
	Log func(ctx context.Context, pod *corev1.Pod, container string, previous bool) (string, error)
	// Image returns what the registry holds for a reference as the pod spec has it; false when unknown.
	Image func(reference string) (platform.Offer, bool)
	// Nodes are the cluster's nodes: they give architectures, and the reason why a pod fits nowhere.
	Nodes []corev1.Node
	// Events are the Warning events about the pod.
	Events []corev1.Event
}

// Pod diagnoses a pod as it is now: first whether it has a node, then its init containers and sidecars, then its
// containers. Of several causes the first permanent one counts, then the first at all. The finding's Object is the pod.
func Pod(ctx context.Context, pod *corev1.Pod, ev Evidence) finding.Diagnosis {
	if d := unscheduled(pod, ev); d.Finding != nil {
		return d
	}
	var first finding.Diagnosis
	for _, c := range containersOf(pod, ev) {
		d := c.diagnose(ctx)
		if d.Permanent {
			return d
		}
		if first.Finding == nil {
			first = d
		}
	}
	return first
}
