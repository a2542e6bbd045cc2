package rollout

import (
	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// state is where an object stands, and why.
type state struct {
	status  status.Status
	message string
}

// compute is kstatus with corrections. A Job is current only once it has completed, since a Job that runs may still
// fail. A Pod that ended badly has failed. One that crashes or waits for a node has not failed yet: a judge knows better.
// A paused Deployment, a suspended Job and a DaemonSet that updates on delete do nothing by their owner's wish.
func compute(u *unstructured.Unstructured) state {
	if paused(u) {
		return state{status.CurrentStatus, u.GetKind() + " is paused"}
	}
	if strategy, _, _ := unstructured.NestedString(u.Object, "spec", "updateStrategy", "type"); strategy == "OnDelete" {
		return state{status.CurrentStatus, u.GetKind() + " updates pods when they are deleted"}
	}
	result, err := status.Compute(u)
	if err != nil {
		return state{status.InProgressStatus, err.Error()}
	}
	s := state{result.Status, result.Message}
	switch u.GroupVersionKind().GroupKind().String() {
	case "Job.batch":
		if s.status == status.CurrentStatus && object.ConditionOf(u, "Complete").Status != "True" {
			s.status = status.InProgressStatus
		}
	case "Pod":
		phase, _, _ := unstructured.NestedString(u.Object, "status", "phase")
		if phase == "Failed" {
			s.status = status.FailedStatus
		} else if s.status == status.FailedStatus {
			s.status = status.InProgressStatus
		}
	}
	if s.status != status.CurrentStatus && s.status != status.FailedStatus {
		s.status = status.InProgressStatus
	}
	return s
}

// paused says whether the owner stopped a Deployment (paused) or a Job (suspend).
func paused(u *unstructured.Unstructured) bool {
	field := map[string]string{"Deployment": "paused", "Job": "suspend"}[u.GetKind()]
	stopped, _, _ := unstructured.NestedBool(u.Object, "spec", field)
	return stopped
}

// fresh says whether the object, as last seen, reflects what was applied, and its controller has taken note of that. Until
// then its revision may still be the one before, whose pods prove nothing.
func fresh(u *unstructured.Unstructured, applied int64) bool {
	observed, reports, _ := unstructured.NestedInt64(u.Object, "status", "observedGeneration")
	return u.GetGeneration() >= applied && (!reports && !mustReport[u.GetKind()] || observed >= u.GetGeneration())
}

// mustReport are the kinds whose controller always writes status.observedGeneration.
var mustReport = map[string]bool{"Deployment": true, "StatefulSet": true, "DaemonSet": true, "ReplicaSet": true}

// desired is the number of pods that the object asks for, or -1 when it doesn't say.
func desired(u *unstructured.Unstructured) int64 {
	switch u.GetKind() {
	case "Deployment", "StatefulSet", "ReplicaSet", "ReplicationController":
		if n, ok, _ := unstructured.NestedInt64(u.Object, "spec", "replicas"); ok {
			return n
		}
		return 1
	case "DaemonSet":
		n, _, _ := unstructured.NestedInt64(u.Object, "status", "desiredNumberScheduled")
		return n
	}
	return -1
}
