package readiness

import (
	"cmp"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/podcount"
)

// Custom kinds that run pods or machines.

// revisions compares the revisions of a workload that reports them, besides those that it holds back by design.
func revisions(u *unstructured.Unstructured) Status {
	wanted, updated := object.Number(u, "spec", "replicas"), object.Number(u, "status", "updatedReadyReplicas")
	if _, reported := object.Integer(u, "status", "updatedReadyReplicas"); !reported {
		updated = object.Number(u, "status", "updatedReplicas")
	}
	if due := wanted - podcount.HeldBack(u).Pods; updated < due {
		return Status{InProgress, fmt.Sprintf("updated: %d/%d", updated, due)}
	}
	ready, reported := object.Integer(u, "status", "readyReplicas")
	if !reported {
		ready = updated
	}
	if ready < wanted {
		return Status{InProgress, fmt.Sprintf("ready: %d/%d", ready, wanted)}
	}
	return Status{Ready, ""}
}

func daemonCounts(u *unstructured.Unstructured) Status {
	wanted := object.Number(u, "status", "desiredNumberScheduled")
	updated, due := object.Number(u, "status", "updatedNumberScheduled"), wanted-podcount.HeldBack(u).Pods
	if updated < due {
		return Status{InProgress, fmt.Sprintf("updated: %d/%d", updated, due)}
	}
	for _, field := range []string{"numberReady", "numberAvailable"} {
		if got := object.Number(u, "status", field); got < wanted {
			return Status{InProgress, fmt.Sprintf("%s: %d/%d", field, got, wanted)}
		}
	}
	return Status{Ready, ""}
}

// deploymentConfig: https://docs.openshift.com/container-platform/4.14/applications/deployments/what-deployments-are.html.
func deploymentConfig(u *unstructured.Unstructured) Status {
	wanted := object.Number(u, "spec", "replicas")
	if wanted == 0 && object.Number(u, "status", "replicas") == 0 {
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
	if updated, reported := object.Integer(u, "status", "updatedReplicas"); reported && updated < wanted {
		return Status{InProgress, fmt.Sprintf("updated: %d/%d", updated, wanted)}
	}
	return Status{Ready, ""}
}

// gameServer: https://openkruise.io/kruisegame/; the conditions of its pod count as well.
func gameServer(u *unstructured.Unstructured) Status {
	for _, c := range object.Items(u, "status", "podStatus", "conditions") {
		if kind, _ := c["type"].(string); hasSuffix(kind, "Ready") && c["status"] != "True" {
			return Status{InProgress, "its pod is not ready: " + kind}
		}
	}
	return Status{State: Unjudged}
}

// virtualMachine: one that is not to run is ready when it is stopped.
func virtualMachine(u *unstructured.Unstructured) Status {
	word := object.Text(u, "status", "printableStatus")
	halted := object.Text(u, "spec", "runStrategy") == "Halted" || object.Text(u, "spec", "runStrategy") == "Manual"
	if running, given, _ := unstructured.NestedBool(u.Object, "spec", "running"); given && !running {
		halted = true
	}
	if word == "Running" && object.IsTrue(u, "status", "ready") || word == "Stopped" && halted {
		return Status{Ready, ""}
	}
	return Status{InProgress, cmp.Or(word, "no status yet")}
}

// inferenceService: the model of a service that is ready may still be loading, or have failed to.
// https://kserve.github.io/website/
func inferenceService(u *unstructured.Unstructured) Status {
	switch state := object.Text(u, "status", "modelStatus", "transitionStatus"); state {
	case "BlockedByFailedLoad", "InvalidSpec":
		return Status{Failed, "its model: " + state}
	case "InProgress":
		return Status{InProgress, "its model is being loaded"}
	}
	return Status{State: Unjudged}
}

// collector reads "2/3" in status.scale.statusReplicas of an OpenTelemetryCollector. A sidecar has no pods of its own.
func collector(u *unstructured.Unstructured) Status {
	if object.Text(u, "spec", "mode") == "sidecar" {
		return Status{Ready, ""}
	}
	replicas := object.Text(u, "status", "scale", "statusReplicas")
	ready, wanted, ok := strings.Cut(replicas, "/")
	if ok && ready == wanted && (wanted != "0" || object.Text(u, "spec", "mode") == "daemonset") {
		return Status{Ready, ""}
	}
	return Status{InProgress, "replicas " + cmp.Or(replicas, "unknown")}
}

// noFallback: a ScaledObject whose trigger fails runs with the replicas of its fallback.
func noFallback(u *unstructured.Unstructured) Status {
	if c := object.ConditionOf(u, "Fallback"); c.Status == "True" {
		return Status{InProgress, describe(c)}
	}
	return Status{State: Unjudged}
}

// flink:
// https://nightlies.apache.org/flink/flink-kubernetes-operator-docs-main/docs/custom-resource/reference/#resourcelifecyclestate.
func flink(u *unstructured.Unstructured) Status {
	state := object.Text(u, "status", "lifecycleState")
	switch state {
	case "STABLE":
		return byWordsIn(u, Status{Ready, ""}, "jobStatus", "state")
	case "FAILED", "ROLLED_BACK":
		return Status{Failed, "lifecycle state " + state}
	case "":
		return flinkJob(u)
	}
	return Status{InProgress, "lifecycle state " + cmp.Or(state, "unknown")}
}

// flinkJob judges by the job, for releases of the operator that report no lifecycle.
func flinkJob(u *unstructured.Unstructured) Status {
	job, manager := object.Text(u, "status", "jobStatus", "state"), object.Text(u, "status", "jobManagerDeploymentStatus")
	suspended := object.Text(u, "spec", "job", "state") == "suspended"
	running := job == "RUNNING" && (manager == "READY" || manager == "")
	if running || suspended && (job == "SUSPENDED" || job == "FINISHED") {
		return Status{Ready, ""}
	}
	if job == "FAILED" || manager == "ERROR" {
		return Status{Failed, "the job is " + cmp.Or(job, "not there") + ", its manager " + cmp.Or(manager, "not there")}
	}
	return Status{InProgress, "the job is " + cmp.Or(job, "not there") + ", its manager " + cmp.Or(manager, "not there")}
}

// byWordsIn lowers a status where a further field has a word that says less.
func byWordsIn(u *unstructured.Unstructured, s Status, field ...string) Status {
	word := object.Text(u, append([]string{"status"}, field...)...)
	if state := classify(u.GetKind(), word); word != "" && word != "RUNNING" && (state == InProgress || state == Failed) {
		return Status{state, strings.Join(field, ".") + " " + word}
	}
	return s
}

// numaflow knows a pipeline that its owner wants paused, and one that Numaplane, which tries each change on a part of
// it, found bad: https://numaflow.numaproj.io/user-guide/reference/pipeline-operations/.
func numaflow(u *unstructured.Unstructured) Status {
	if u.GetLabels()["numaplane.numaproj.io/progressive-result-state"] == "failed" {
		return Status{Failed, "its progressive upgrade failed"}
	}
	if object.Text(u, "spec", "lifecycle", "desiredPhase") == "Paused" {
		if phase := object.Text(u, "status", "phase"); phase != "Paused" {
			return Status{InProgress, "phase " + phase}
		}
		return Status{Ready, "paused"}
	}
	return Status{State: Unjudged}
}
