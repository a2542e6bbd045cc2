// Package room foretells how many of a deploy's pods find room beside everything that runs in the cluster, by placing
// them one after the other as kube-scheduler would. It looks at values only.
package room

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
)

// Workload is an object that makes pods.
type Workload struct {
	Object *unstructured.Unstructured
	// Pod is the n-th of its pods, from 0, as the scheduler will get it.
	Pod func(n int) *corev1.Pod
	// Template is what its controller reads of the pods, without what admission adds to them; nil where that is nothing.
	Template *corev1.PodSpec
	// Unchanged: the deploy leaves the object and its pods as they are.
	Unchanged bool
}

// Forecast is what comes of a workload's pods.
type Forecast struct {
	// Wanted is how many pods there will be, and Fit how many of them find a node.
	Wanted, Fit int
	// Nodes counts the pods that fit by the name of their node.
	Nodes map[string]int
	// Why counts the nodes by what keeps the first pod off them that does not fit, in the scheduler's words.
	Why schedule.Reasons
	// Stuck: the pods fit once the old ones are gone, but those that may not go before a new one is there leave it no
	// room. Why says what keeps the first new pod out then.
	Stuck bool
	// NoneMayGo: no old pod may go before a new one is there.
	NoneMayGo bool
	// Victims are the pods of lower priority that the scheduler would evict for them.
	Victims []*corev1.Pod
	// Most is the maximum of the workload's HorizontalPodAutoscaler, and MostFit how many of those would fit now. Both are
	// 0 without one.
	Most, MostFit int
	// Err is what stops the scheduler at a pod of the workload.
	Err error
}

// Decided says who decides where the pods of a workload run, if that is not the scheduler as this package knows it: ""
// if it is.
func Decided(spec *corev1.PodSpec) string {
	switch {
	case spec.SchedulerName != "" && spec.SchedulerName != corev1.DefaultSchedulerName:
		return "the scheduler " + spec.SchedulerName + " places its pods"
	case len(spec.SchedulingGates) > 0:
		return "its pods wait for the scheduling gate " + spec.SchedulingGates[0].Name
	case len(spec.ResourceClaims) > 0:
		return "its pods need the devices of resource claims"
	}
	return ""
}
