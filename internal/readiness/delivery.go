package readiness

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// What brings other objects into the cluster, or moves them on.

// argoRollout: https://argo-rollouts.readthedocs.io/en/stable/features/specification/, status.phase.
func argoRollout(u *unstructured.Unstructured) Status {
	if c := object.ConditionOf(u, "InvalidSpec"); c.Status == "True" {
		return Status{Failed, describe(c)}
	}
	seen, wanted := object.Text(u, "status", "workloadObservedGeneration"),
		u.GetAnnotations()["rollout.argoproj.io/workload-generation"]
	if seen != "" && wanted != "" && seen != wanted {
		return Status{InProgress, "its controller has not seen the workload that it refers to"}
	}
	phase, why := object.Text(u, "status", "phase"), object.Text(u, "status", "message")
	switch phase {
	case "Healthy":
		return Status{Ready, ""}
	case "Degraded":
		return Status{Failed, cmp.Or(why, phase)}
	case "":
		return rolloutCounts(u)
	}
	return Status{InProgress, cmp.Or(why, phase)}
}

// rolloutCounts judges a Rollout of a release before 1.0, which has no phase.
func rolloutCounts(u *unstructured.Unstructured) Status {
	if c := object.ConditionOf(u, "Progressing"); c.Reason == "RolloutAborted" || hasSuffix(c.Reason, "DeadlineExceeded") {
		return Status{Failed, describe(c)}
	}
	wanted, updated := object.Number(u, "spec", "replicas"), object.Number(u, "status", "updatedReplicas")
	switch available, all := object.Number(u, "status", "availableReplicas"), object.Number(u, "status", "replicas"); {
	case updated < wanted:
		return Status{InProgress, fmt.Sprintf("updated: %d/%d", updated, wanted)}
	case available < updated:
		return Status{InProgress, fmt.Sprintf("available: %d/%d", available, updated)}
	case all > updated:
		return Status{InProgress, fmt.Sprintf("%d pods of an earlier revision are left", all-updated)}
	}
	return Status{Unjudged, "its status has no phase"}
}

// argoApplication: https://argo-cd.readthedocs.io/en/stable/operator-manual/health/.
func argoApplication(u *unstructured.Unstructured) Status {
	health, sync := object.Text(u, "status", "health", "status"), object.Text(u, "status", "sync", "status")
	if health == "Healthy" && sync == "Synced" {
		return Status{Ready, ""}
	}
	return Status{InProgress, fmt.Sprintf("health %s, sync %s", cmp.Or(health, "unknown"), cmp.Or(sync, "unknown"))}
}

// promoter: https://gitops-promoter.readthedocs.io. Ready says that the controller has read the object; the commits that
// it moves from one environment to the next come and go.
func promoter(u *unstructured.Unstructured) Status {
	if s := byConditions(u, rule{needs: []string{"Ready"}}).status(); s.State != Ready {
		return s
	}
	return Status{Unjudged, "its controller has read it; what it promotes is not waited for"}
}

// flagger: https://docs.flagger.app/usage/how-it-works#canary-status.
func flagger(u *unstructured.Unstructured) Status {
	phase := object.Text(u, "status", "phase")
	switch phase {
	case "Initialized", "Succeeded":
		return Status{Ready, ""}
	case "Failed":
		return Status{Failed, "the canary analysis failed"}
	}
	return Status{InProgress, cmp.Or(phase, "no phase yet")}
}

// subscription: https://olm.operatorframework.io/docs/concepts/crds/subscription/. With manual approval an upgrade waits
// for a person.
func subscription(u *unstructured.Unstructured) Status {
	for _, kind := range []string{"InstallPlanFailed", "BundleUnpackFailed", "ResolutionFailed"} {
		if c := object.ConditionOf(u, kind); c.Status == "True" {
			return Status{InProgress, describe(c)}
		}
	}
	state := object.Text(u, "status", "state")
	switch {
	case state == "AtLatestKnown":
		return Status{Ready, ""}
	case state == "UpgradePending" && object.Text(u, "spec", "installPlanApproval") == "Manual" &&
		object.Text(u, "status", "installedCSV") != "":
		return Status{Ready, "an upgrade waits for approval"}
	case state == "UpgradeFailed":
		return Status{Failed, "state " + state}
	}
	return Status{InProgress, "state " + cmp.Or(state, "unknown")}
}

// bindings: what a Karmada binding has made in each cluster: https://karmada.io/docs/.
func bindings(u *unstructured.Unstructured) Status {
	for _, cluster := range object.Items(u, "status", "aggregatedStatus") {
		health, _ := cluster["health"].(string)
		if applied, given := cluster["applied"].(bool); given && !applied || health == "Unhealthy" {
			return Status{InProgress, fmt.Sprintf("in cluster %v: %s", cluster["clusterName"], cmp.Or(health, "not applied"))}
		}
	}
	return Status{State: Unjudged}
}
