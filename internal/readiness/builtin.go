package readiness

import (
	"fmt"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/podcount"
)

// builtIn is kstatus with corrections:
//   - A Job is ready only once it has completed, since one that runs may still fail. A suspended one runs by nobody's
//     wish.
//   - A Pod that ended badly has failed. One that crashes or waits for a node has not failed yet.
//   - What is held back by its owner (see HeldBack) is ready when the rest is.
//   - A Service of type LoadBalancer waits for its address.
func builtIn(u *unstructured.Unstructured) Status {
	kind := u.GroupVersionKind().GroupKind().String()
	switch {
	case kind == "Job.batch" && object.IsTrue(u, "spec", "suspend"):
		return Status{Ready, "Job is suspended"}
	case podcount.HeldBack(u).Paused, object.Text(u, "spec", "updateStrategy", "type") == "OnDelete":
		return heldBack(u)
	case kind == "Service":
		return service(u)
	case kind == "Ingress.networking.k8s.io":
		return ingress(u)
	}
	result, err := status.Compute(u)
	if err != nil {
		return Status{Unjudged, "its status cannot be read: " + err.Error()}
	}
	s := Status{stateOf(result.Status), result.Message}
	switch kind {
	case "Job.batch":
		if s.State == Ready && object.ConditionOf(u, "Complete").Status != "True" {
			s.State = InProgress
		}
	case "Pod":
		phase, _, _ := unstructured.NestedString(u.Object, "status", "phase")
		if phase == "Failed" {
			s.State = Failed
		} else if s.State == Failed {
			s.State = InProgress
		}
	}
	return s
}

func stateOf(s status.Status) State {
	switch s {
	case status.CurrentStatus:
		return Ready
	case status.FailedStatus:
		return Failed
	}
	return InProgress
}

// service waits for the address of a LoadBalancer.
func service(u *unstructured.Unstructured) Status {
	if object.Text(u, "spec", "type") != "LoadBalancer" || hasAddress(u) {
		return Status{Ready, ""}
	}
	return Status{InProgress, "no load balancer has given it an address"}
}

// ingress is ready with an address. Whether one will come depends on its controller, which the object does not say.
func ingress(u *unstructured.Unstructured) Status {
	if hasAddress(u) {
		return Status{Ready, ""}
	}
	return Status{Unjudged, "no controller has given it an address"}
}

func hasAddress(u *unstructured.Unstructured) bool {
	addresses, _, _ := unstructured.NestedSlice(u.Object, "status", "loadBalancer", "ingress")
	return len(addresses) > 0
}

// heldBack judges a workload whose controller replaces no pods by the pods that it has. A paused Deployment makes none.
func heldBack(u *unstructured.Unstructured) Status {
	held, wanted := podcount.HeldBack(u), podcount.Wanted(u)
	ready := object.Number(u, "status", "readyReplicas")
	switch {
	case held.Paused:
		wanted = min(wanted, object.Number(u, "status", "replicas"))
	case u.GetKind() == "DaemonSet":
		ready = object.Number(u, "status", "numberReady")
	}
	if ready < wanted {
		return Status{InProgress, fmt.Sprintf("Ready: %d/%d", ready, wanted)}
	}
	return Status{Ready, held.Why}
}
