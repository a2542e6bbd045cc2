package readiness

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// Kinds whose status has a form of its own, after their projects' documents.

// deploymentConfig: https://docs.openshift.com/container-platform/4.14/applications/deployments/what-deployments-are.html.
func deploymentConfig(u *unstructured.Unstructured) Status {
	wanted := number(u, "spec", "replicas")
	if wanted == 0 && number(u, "status", "replicas") == 0 {
		return Status{Ready, ""}
	}
	c := object.ConditionOf(u, "Progressing")
	switch {
	case c.Reason == "ProgressDeadlineExceeded":
		return Status{Failed, describe(c)}
	case c.Reason != "NewReplicationControllerAvailable":
		return Status{InProgress, cmp.Or(c.Message, "it is being rolled out")}
	case object.ConditionOf(u, "Available").Status != "True":
		return Status{InProgress, "it is not available"}
	}
	if updated, reported := integer(u, "status", "updatedReplicas"); reported && updated < wanted {
		return Status{InProgress, fmt.Sprintf("updated: %d/%d", updated, wanted)}
	}
	return Status{Ready, ""}
}

// subscription: https://olm.operatorframework.io/docs/concepts/crds/subscription/. With manual approval an upgrade waits
// for a person.
func subscription(u *unstructured.Unstructured) Status {
	for _, kind := range []string{"InstallPlanFailed", "BundleUnpackFailed", "ResolutionFailed"} {
		if c := object.ConditionOf(u, kind); c.Status == "True" {
			return Status{InProgress, describe(c)}
		}
	}
	state := text(u, "status", "state")
	switch {
	case state == "AtLatestKnown":
		return Status{Ready, ""}
	case state == "UpgradePending" && text(u, "spec", "installPlanApproval") == "Manual" &&
		text(u, "status", "installedCSV") != "":
		return Status{Ready, "an upgrade waits for approval"}
	case state == "UpgradeFailed":
		return Status{Failed, "state " + state}
	}
	return Status{InProgress, "state " + cmp.Or(state, "unknown")}
}

// healthy reads status.healthy, of Config Connector's own configuration.
func healthy(u *unstructured.Unstructured) Status {
	if isTrue(u, "status", "healthy") {
		return Status{Ready, ""}
	}
	return Status{InProgress, "it is not healthy"}
}

// ceph: https://rook.io/docs/rook/latest/CRDs/Cluster/ceph-cluster-crd/. A cluster can have warnings for good.
func ceph(u *unstructured.Unstructured) Status {
	phase, health := text(u, "status", "phase"), text(u, "status", "ceph", "health")
	state := Status{InProgress, fmt.Sprintf("phase %s, health %s", cmp.Or(phase, "unknown"), cmp.Or(health, "unknown"))}
	switch {
	case phase == "Failure":
		state.State = Failed
	case phase == "Ready" && (health == "HEALTH_OK" || health == ""):
		return Status{Ready, ""}
	case phase == "Ready" && health == "HEALTH_WARN":
		state.State = Unjudged
	}
	return state
}

// noFallback: a ScaledObject whose trigger fails runs with the replicas of its fallback.
func noFallback(u *unstructured.Unstructured) Status {
	if c := object.ConditionOf(u, "Fallback"); c.Status == "True" {
		return Status{InProgress, describe(c)}
	}
	return Status{State: Unjudged}
}

// dataVolume: https://github.com/kubevirt/containerized-data-importer/blob/main/doc/datavolumes.md. Some phases last until
// a pod uses the volume.
func dataVolume(u *unstructured.Unstructured) Status {
	switch phase := text(u, "status", "phase"); phase {
	case "Succeeded":
		return Status{Ready, ""}
	case "WaitForFirstConsumer", "PendingPopulation":
		return Status{Ready, "its volume is made for the first pod that uses it"}
	case "Failed":
		return Status{Failed, "phase Failed"}
	default:
		return Status{InProgress, "phase " + cmp.Or(phase, "unknown")}
	}
}

// inferenceService: the model of a service that is ready may still be loading, or have failed to.
// https://kserve.github.io/website/
func inferenceService(u *unstructured.Unstructured) Status {
	switch state := text(u, "status", "modelStatus", "transitionStatus"); state {
	case "BlockedByFailedLoad", "InvalidSpec":
		return Status{Failed, "its model: " + state}
	case "InProgress":
		return Status{InProgress, "its model is being loaded"}
	}
	return Status{State: Unjudged}
}

// grafana goes through stages, each with a state of its own: https://grafana.github.io/grafana-operator/docs/.
func grafana(u *unstructured.Unstructured) Status {
	stage, state := text(u, "status", "stage"), text(u, "status", "stageStatus")
	switch {
	case stage == "complete" && state == "success":
		return Status{Ready, ""}
	case state == "failed":
		return Status{Failed, "stage " + stage + " failed"}
	}
	return Status{InProgress, "stage " + cmp.Or(stage, "unknown")}
}

// noneFailed counts the tasks of a Kafka connector.
func noneFailed(u *unstructured.Unstructured) Status {
	if n := number(u, "status", "failedTasksCount"); n > 0 {
		return Status{InProgress, fmt.Sprintf("failed tasks: %d", n)}
	}
	return Status{State: Unjudged}
}

// analysis can be completed and not passed.
func analysis(u *unstructured.Unstructured) Status {
	if text(u, "status", "state") == "Completed" && !isTrue(u, "status", "pass") && !isTrue(u, "status", "warning") {
		return Status{Failed, "the analysis did not pass"}
	}
	return Status{State: Unjudged}
}

// gloo reports a state for each controller, in a map or, formerly, as one: 0 pending, 1 accepted, 2 rejected, 3
// warning.
// https://docs.solo.io/gloo-edge/latest/reference/api/
func gloo(u *unstructured.Unstructured) Status {
	reports, _, _ := unstructured.NestedMap(u.Object, "status", "statuses")
	if len(reports) == 0 {
		reports = map[string]any{"": u.Object["status"]}
	}
	for _, report := range reports {
		report, _ := report.(map[string]any)
		switch state := fmt.Sprint(report["state"]); state {
		case "Accepted", "1":
		default:
			return Status{InProgress, fmt.Sprintf("state %s: %v", state, cmp.Or(fmt.Sprint(report["reason"]), "no reason"))}
		}
	}
	return Status{Ready, ""}
}

// numaflow knows a pipeline that its owner wants paused, and one that Numaplane, which tries each change on a part of
// it, found bad: https://numaflow.numaproj.io/user-guide/reference/pipeline-operations/.
func numaflow(u *unstructured.Unstructured) Status {
	if u.GetLabels()["numaplane.numaproj.io/progressive-result-state"] == "failed" {
		return Status{Failed, "its progressive upgrade failed"}
	}
	if text(u, "spec", "lifecycle", "desiredPhase") == "Paused" {
		if phase := text(u, "status", "phase"); phase != "Paused" {
			return Status{InProgress, "phase " + phase}
		}
		return Status{Ready, "paused"}
	}
	return Status{State: Unjudged}
}

// bindings: what a Karmada binding has made in each cluster: https://karmada.io/docs/.
func bindings(u *unstructured.Unstructured) Status {
	for _, cluster := range items(u, "status", "aggregatedStatus") {
		health, _ := cluster["health"].(string)
		if applied, given := cluster["applied"].(bool); given && !applied || health == "Unhealthy" {
			return Status{InProgress, fmt.Sprintf("in cluster %v: %s", cluster["clusterName"], cmp.Or(health, "not applied"))}
		}
	}
	return Status{State: Unjudged}
}

// gameServer: https://openkruise.io/kruisegame/; the conditions of its pod count as well.
func gameServer(u *unstructured.Unstructured) Status {
	for _, c := range items(u, "status", "podStatus", "conditions") {
		if kind, _ := c["type"].(string); hasSuffix(kind, "Ready") && c["status"] != "True" {
			return Status{InProgress, "its pod is not ready: " + kind}
		}
	}
	return Status{State: Unjudged}
}
