package scheduling

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// notLookedFor diagnoses a pod for which no scheduler looks for a node: it is gated, its scheduler failed, or it
// names a scheduler of its own that has not taken it.
func notLookedFor(pod *corev1.Pod) finding.Diagnosis {
	if pod.Spec.NodeName != "" {
		return finding.Diagnosis{}
	}
	for _, c := range pod.Status.Conditions {
		if c.Type != corev1.PodScheduled || c.Status != corev1.ConditionFalse {
			continue
		}
		switch c.Reason {
		case corev1.PodReasonSchedulingGated:
			return pending(pod, finding.NotScheduled, gates(pod)+" keep it from being scheduled.",
				"Wait for the controller that removes them, or remove spec.schedulingGates.")
		case corev1.PodReasonSchedulerError:
			return pending(pod, finding.NotScheduled, "the scheduler failed: "+finding.OneLine(c.Message)+".",
				"See the events of the pod, and what the message names.")
		}
		return finding.Diagnosis{}
	}
	if name := pod.Spec.SchedulerName; name != "" && name != corev1.DefaultSchedulerName {
		return pending(pod, finding.NotScheduled, fmt.Sprintf("scheduler %q, which it names, has not taken it.", name),
			"Check that this scheduler runs, or drop spec.schedulerName.")
	}
	return finding.Diagnosis{}
}

func gates(pod *corev1.Pod) string {
	var names []string
	for _, g := range pod.Spec.SchedulingGates {
		names = append(names, g.Name)
	}
	return "scheduling gates (" + platform.Conjoin(names) + ")"
}
