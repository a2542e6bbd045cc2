package readiness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/podcount"
)

// custom judges an object of a custom kind: by the rule for its kind where there is one, and by the conventions.
func custom(u *unstructured.Unstructured) Status {
	status, _, _ := unstructured.NestedMap(u.Object, "status")
	r := ruleFor(u)
	switch {
	case r.silent:
		return Status{Unjudged, "its status does not say whether it is ready"}
	case len(status) == 0 && r.reports():
		return Status{InProgress, "its controller has not reported anything yet"}
	case len(status) == 0:
		return Status{Unjudged, "it has no status"}
	}
	if held := podcount.HeldBack(u); held.Paused {
		return Status{Ready, held.Why}
	}
	var e evidence
	if r.check != nil {
		s := r.check(u)
		if r.alone || s.State == InProgress || s.State == Failed {
			return s
		}
		e.add(s.State, cmp.Or(s.Message, "its status says so"))
	}
	e.join(byConditions(u, r))
	e.join(byWords(u))
	e.join(byReplicas(u))
	return e.status()
}

// The types of conditions that most kinds share. A positive one must be True where it is there; a negative one must
// not be. Sources:
// https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md,
// kstatus, Gateway API, Crossplane, Knative, OpenShift.
var (
	summaries = words(`Ready Available Healthy Succeeded Successful Complete Completed`)
	positive  = words(`Ready Available Healthy Succeeded Successful Complete Completed Accepted Programmed ResolvedRefs Synced Established
		Reconciled Deployed Installed Provisioned Valid Initialized Admitted Attached Applied Resolved ReconcileSuccess Validated
		Scheduled AllReplicasReady ClusterAvailable Running`)
	// preliminary conditions are True before the object is of use, so that they prove nothing alone.
	preliminary = words(`Initialized Scheduled Validated Running Resolved`)
	terminal    = words(`Failed Stalled ACK.Terminal InvalidSpec ReplicaFailure`)
	negative    = words(`Degraded NotReady NoMatchingInstance Failure Error Errored HasErrors ErrorOccurred ReconcileError Unhealthy Invalid Conflicted Failing
		Terminating Deleting OverlappingFilters PartiallyInvalid`)
	progressing = words(`Progressing Reconciling Updating Upgrading Pending Deploying Creating Scaling Provisioning Restarting
		RollingOut RollingUpdate`)
)

// byConditions judges by all lists of conditions in the status, those of parents and listeners among them.
func byConditions(u *unstructured.Unstructured, r rule) evidence {
	own := object.Conditions(u)
	e := r.demand(own)
	_, reports := observedGeneration(u)
	e.join(ofConditions(own, r, u.GetGeneration(), reports))
	for _, list := range []string{"parents", "listeners", "ancestors", "ingress", "bindings", "controllers"} {
		for _, item := range object.Items(u, "status", list) {
			if list == "parents" && !isParent(u, item) {
				continue
			}
			if list == "ancestors" && !hasCondition(item, "Accepted") {
				e.add(InProgress, "one of its ancestors has not accepted it")
			}
			nested := ofConditions(object.ConditionsAt(item, "conditions"), r, u.GetGeneration(), reports)
			e.join(nested)
		}
	}
	return e
}

// ofConditions judges one list. Conditions of an older generation prove nothing, unless the object as a whole is
// reported to be observed. Types that merely end in Ready and the like count where no summary speaks for them.
func ofConditions(all []object.Condition, r rule, generation int64, observed bool) evidence {
	var e evidence
	summed := hasSummary(all)
	for _, c := range all {
		if r.ignores(c.Type) {
			continue
		}
		if !observed && c.ObservedGeneration > 0 && c.ObservedGeneration < generation {
			e.add(InProgress, "condition "+c.Type+" is about an earlier generation")
			continue
		}
		e.add(stateOfCondition(c, summed), describe(c))
	}
	return e
}

func hasSummary(all []object.Condition) bool {
	return slices.ContainsFunc(all, func(c object.Condition) bool { return summaries[c.Type] })
}

func stateOfCondition(c object.Condition, summed bool) State {
	yes := strings.EqualFold(c.Status, "True")
	is := func(set map[string]bool) bool { return set[c.Type] }
	switch {
	case is(terminal) && yes:
		return Failed
	case is(negative) && yes, is(progressing) && yes && !isDone(c.Reason),
		yes && !isDone(c.Reason) && hasSuffix(c.Type, ongoing...),
		hasSuffix(c.Reason, "DeadlineExceeded"), yes && is(summaries) && hasSuffix(c.Reason, "Failed"):
		return InProgress
	case is(terminal), is(negative), is(progressing):
		return Unjudged
	case c.Type == "Succeeded" && strings.EqualFold(c.Status, "False"):
		return Failed // of Tekton and Knative: Unknown is still running
	case is(preliminary) && yes:
		return Unjudged
	case is(positive):
		return map[bool]State{true: Ready, false: InProgress}[yes]
	case !summed && yes && hasSuffix(c.Type, "Failed", "Failure", "Error", "Degraded", "Unhealthy", "NotReady"):
		return InProgress
	case !summed && hasSuffix(c.Type, "Failed", "Failure", "Error", "Degraded", "Unhealthy", "NotReady"):
		return Unjudged
	case !summed && hasSuffix(c.Type, "Ready", "Available", "Healthy", "Synced", "Synchronized", "Applied", "Succeeded"):
		return map[bool]State{true: Ready, false: InProgress}[yes]
	case !summed && !yes && hasSuffix(c.Reason, "Failed", "Error"):
		return InProgress
	}
	return Unjudged
}

// ongoing are ends of condition types that are True while something is being done, beside a summary that is True too.
var ongoing = []string{"Progressing", "Updating", "Upgrading", "Creating", "Deleting"}

// isDone knows reasons such as NewReplicaSetAvailable, with which Progressing stays True after the end.
func isDone(reason string) bool { return hasSuffix(reason, "Available", "Complete", "Completed") }

func hasSuffix(text string, suffixes ...string) bool {
	for _, suffix := range suffixes {
		if strings.HasSuffix(text, suffix) {
			return true
		}
	}
	return false
}

func describe(c object.Condition) string {
	text := c.Type + " is " + c.Status
	if c.Reason != "" {
		text += " (" + c.Reason + ")"
	}
	if c.Message != "" {
		text += ": " + strings.TrimRight(c.Message, ". ")
	}
	return text
}

// byReplicas compares the counts that workloads report with what is wanted. Without any count of pods that are ready or
// available it says nothing for the object.
func byReplicas(u *unstructured.Unstructured) evidence {
	var e evidence
	wanted, ok := object.Integer(u, "spec", "replicas")
	if !ok {
		if wanted, ok = object.Integer(u, "status", "replicas"); !ok {
			return e
		}
	}
	for _, field := range []string{"replicas", "readyReplicas", "availableReplicas", "updatedReplicas",
		"updatedReadyReplicas", "readyInstances", "instances"} {
		got, reported := object.Integer(u, "status", field)
		switch {
		case reported && got < wanted:
			e.add(InProgress, fmt.Sprintf("%s: %d/%d", field, got, wanted))
		case reported && (field == "readyReplicas" || field == "availableReplicas" || field == "readyInstances"):
			e.add(Ready, fmt.Sprintf("%s: %d/%d", field, got, wanted))
		}
	}
	return e
}
