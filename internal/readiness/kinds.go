package readiness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// argoRollout: https://argo-rollouts.readthedocs.io/en/stable/features/specification/, status.phase.
func argoRollout(u *unstructured.Unstructured) Status {
	if c := object.ConditionOf(u, "InvalidSpec"); c.Status == "True" {
		return Status{Failed, describe(c)}
	}
	seen, wanted := text(u, "status", "workloadObservedGeneration"),
		u.GetAnnotations()["rollout.argoproj.io/workload-generation"]
	if seen != "" && wanted != "" && seen != wanted {
		return Status{InProgress, "its controller has not seen the workload that it refers to"}
	}
	phase, why := text(u, "status", "phase"), text(u, "status", "message")
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
	wanted, updated := number(u, "spec", "replicas"), number(u, "status", "updatedReplicas")
	switch available, all := number(u, "status", "availableReplicas"), number(u, "status", "replicas"); {
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
	health, sync := text(u, "status", "health", "status"), text(u, "status", "sync", "status")
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
	phase := text(u, "status", "phase")
	switch phase {
	case "Initialized", "Succeeded":
		return Status{Ready, ""}
	case "Failed":
		return Status{Failed, "the canary analysis failed"}
	}
	return Status{InProgress, cmp.Or(phase, "no phase yet")}
}

// revisions compares the revisions of a workload that reports them, besides those that it holds back by design.
func revisions(u *unstructured.Unstructured) Status {
	wanted, updated := number(u, "spec", "replicas"), number(u, "status", "updatedReadyReplicas")
	if _, reported := integer(u, "status", "updatedReadyReplicas"); !reported {
		updated = number(u, "status", "updatedReplicas")
	}
	if due := wanted - HeldBack(u).Pods; updated < due {
		return Status{InProgress, fmt.Sprintf("updated: %d/%d", updated, due)}
	}
	ready, reported := integer(u, "status", "readyReplicas")
	if !reported {
		ready = updated
	}
	if ready < wanted {
		return Status{InProgress, fmt.Sprintf("ready: %d/%d", ready, wanted)}
	}
	return Status{Ready, ""}
}

func daemonCounts(u *unstructured.Unstructured) Status {
	wanted := number(u, "status", "desiredNumberScheduled")
	if updated, due := number(u, "status", "updatedNumberScheduled"), wanted-HeldBack(u).Pods; updated < due {
		return Status{InProgress, fmt.Sprintf("updated: %d/%d", updated, due)}
	}
	for _, field := range []string{"numberReady", "numberAvailable"} {
		if got := number(u, "status", field); got < wanted {
			return Status{InProgress, fmt.Sprintf("%s: %d/%d", field, got, wanted)}
		}
	}
	return Status{Ready, ""}
}

// gateway waits for an address besides its conditions: https://gateway-api.sigs.k8s.io/reference/spec/#gatewaystatus.
func gateway(u *unstructured.Unstructured) Status {
	if s := unclaimed(u); s.State == InProgress || s.Message != "" {
		return s
	}
	if len(items(u, "status", "addresses")) == 0 {
		return Status{InProgress, "no controller has given it an address"}
	}
	return Status{State: Unjudged}
}

// unclaimed knows the conditions that the CRD itself sets by default, which say that no controller has looked yet.
func unclaimed(u *unstructured.Unstructured) Status {
	c := object.ConditionOf(u, "Accepted")
	if c.Status == "Unknown" && (c.Reason == "Pending" || c.Reason == "Waiting") {
		return Status{InProgress, NoController}
	}
	return Status{State: Unjudged}
}

// NoController is the message of an object whose kind reports at once that no controller has taken it.
const NoController = "no controller has taken it"

// routeParents waits for the first gateway that reports: https://gateway-api.sigs.k8s.io/reference/spec/#routestatus.
func routeParents(u *unstructured.Unstructured) Status {
	parents, wanted := items(u, "status", "parents"), items(u, "spec", "parentRefs")
	parents = slices.DeleteFunc(parents, func(parent map[string]any) bool { return !isParent(u, parent) })
	if len(parents) < min(1, len(wanted)) {
		return Status{InProgress, NoController}
	}
	for _, parent := range parents {
		accepted := false
		for _, c := range object.ConditionsAt(parent, "conditions") {
			accepted = accepted || c.Type == "Accepted" && c.Status == "True"
		}
		if !accepted {
			return Status{InProgress, "a gateway has not accepted it"}
		}
	}
	return Status{State: Unjudged}
}

// isParent reports whether a route still names the parent that an entry of its status is about: entries of parents that
// left the spec may stay.
func isParent(u *unstructured.Unstructured, entry map[string]any) bool {
	ref, _ := entry["parentRef"].(map[string]any)
	wanted := items(u, "spec", "parentRefs")
	return ref == nil || len(wanted) == 0 || slices.ContainsFunc(wanted, func(w map[string]any) bool {
		for _, field := range []string{"name", "sectionName", "port"} {
			if w[field] != ref[field] {
				return false
			}
		}
		return w["namespace"] == nil || ref["namespace"] == nil || w["namespace"] == ref["namespace"]
	})
}

func hasCondition(of map[string]any, kind string) bool {
	all := object.ConditionsAt(of, "conditions")
	return slices.ContainsFunc(all, func(c object.Condition) bool { return c.Type == kind })
}

// routeAdmitted: OpenShift's routers report in status.ingress.
func routeAdmitted(u *unstructured.Unstructured) Status {
	if len(items(u, "status", "ingress")) == 0 {
		return Status{InProgress, "no router has admitted it"}
	}
	return Status{State: Unjudged}
}

// managedCertificate: https://cloud.google.com/kubernetes-engine/docs/how-to/managed-certs.
func managedCertificate(u *unstructured.Unstructured) Status {
	switch word := text(u, "status", "certificateStatus"); word {
	case "Active":
		return Status{Ready, ""}
	case "ProvisioningFailedPermanently":
		return Status{Failed, "certificate status " + word}
	default:
		return Status{InProgress, "certificate status " + cmp.Or(word, "unknown")}
	}
}

// elastic: https://www.elastic.co/docs/reference/cloud-on-k8s; phase Ready is reached before the shards are. A single
// node stays yellow, since it has no place for replicas.
func elastic(u *unstructured.Unstructured) Status {
	nodes := int64(0)
	for _, set := range items(u, "spec", "nodeSets") {
		n, _ := integer(&unstructured.Unstructured{Object: set}, "count")
		nodes += n
	}
	phase, health := text(u, "status", "phase"), text(u, "status", "health")
	switch {
	case phase == "Invalid":
		return Status{Failed, "phase Invalid"}
	case number(u, "status", "availableNodes") < nodes:
		return Status{InProgress, fmt.Sprintf("nodes: %d/%d", number(u, "status", "availableNodes"), nodes)}
	case phase == "Ready" && (health == "green" || health == "yellow" && nodes == 1):
		return Status{Ready, ""}
	}
	return Status{InProgress, fmt.Sprintf("phase %s, health %s", cmp.Or(phase, "unknown"), cmp.Or(health, "unknown"))}
}

// minio: https://github.com/minio/operator, status.healthStatus; currentState Initialized is its last one.
func minio(u *unstructured.Unstructured) Status {
	state, health := text(u, "status", "currentState"), text(u, "status", "healthStatus")
	if state == "Initialized" && (health == "green" || health == "") {
		return Status{Ready, ""}
	}
	return Status{InProgress, fmt.Sprintf("state %s, health %s", cmp.Or(state, "unknown"), cmp.Or(health, "unknown"))}
}

// elasticHealth is yellow while some of the pods are not available.
func elasticHealth(u *unstructured.Unstructured) Status {
	health := text(u, "status", "health")
	if health == "green" {
		return Status{Ready, ""}
	}
	return Status{InProgress, "health " + cmp.Or(health, "unknown")}
}

// collector reads "2/3" in status.scale.statusReplicas of an OpenTelemetryCollector. A sidecar has no pods of its own.
func collector(u *unstructured.Unstructured) Status {
	if text(u, "spec", "mode") == "sidecar" {
		return Status{Ready, ""}
	}
	replicas := text(u, "status", "scale", "statusReplicas")
	ready, wanted, ok := strings.Cut(replicas, "/")
	if ok && ready == wanted && (wanted != "0" || text(u, "spec", "mode") == "daemonset") {
		return Status{Ready, ""}
	}
	return Status{InProgress, "replicas " + cmp.Or(replicas, "unknown")}
}

// flink:
// https://nightlies.apache.org/flink/flink-kubernetes-operator-docs-main/docs/custom-resource/reference/#resourcelifecyclestate.
func flink(u *unstructured.Unstructured) Status {
	state := text(u, "status", "lifecycleState")
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
	job, manager := text(u, "status", "jobStatus", "state"), text(u, "status", "jobManagerDeploymentStatus")
	suspended := text(u, "spec", "job", "state") == "suspended"
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
	word := text(u, append([]string{"status"}, field...)...)
	if state := classify(u.GetKind(), word); word != "" && word != "RUNNING" && (state == InProgress || state == Failed) {
		return Status{state, strings.Join(field, ".") + " " + word}
	}
	return s
}

// cnpgCluster: https://cloudnative-pg.io/documentation/current/; the phase is a sentence.
func cnpgCluster(u *unstructured.Unstructured) Status {
	phase := text(u, "status", "phase")
	ready, wanted := number(u, "status", "readyInstances"), number(u, "spec", "instances")
	switch {
	case strings.Contains(strings.ToLower(phase), "unrecoverable"):
		return Status{Failed, phase}
	case phase != "Cluster in healthy state":
		return Status{InProgress, cmp.Or(phase, "no phase yet")}
	case ready < wanted:
		return Status{InProgress, fmt.Sprintf("ready instances: %d/%d", ready, wanted)}
	}
	return Status{Ready, ""}
}

func cnpgPooler(u *unstructured.Unstructured) Status {
	if got, wanted := number(u, "status", "instances"), number(u, "spec", "instances"); got < wanted {
		return Status{InProgress, fmt.Sprintf("instances: %d/%d", got, wanted)}
	}
	return Status{Ready, ""}
}

func volumeSnapshot(u *unstructured.Unstructured) Status {
	if isTrue(u, "status", "readyToUse") {
		return Status{Ready, ""}
	}
	return Status{InProgress, cmp.Or(text(u, "status", "error", "message"), "not ready to use")}
}

// virtualMachine: one that is not to run is ready when it is stopped.
func virtualMachine(u *unstructured.Unstructured) Status {
	word := text(u, "status", "printableStatus")
	halted := text(u, "spec", "runStrategy") == "Halted" || text(u, "spec", "runStrategy") == "Manual"
	if running, given, _ := unstructured.NestedBool(u.Object, "spec", "running"); given && !running {
		halted = true
	}
	if word == "Running" && isTrue(u, "status", "ready") || word == "Stopped" && halted {
		return Status{Ready, ""}
	}
	return Status{InProgress, cmp.Or(word, "no status yet")}
}

// wordAt judges by one field's word alone; one that is not known is waited for.
func wordAt(path ...string) func(*unstructured.Unstructured) Status {
	return func(u *unstructured.Unstructured) Status {
		word := text(u, path...)
		state := classify(u.GetKind(), word)
		if state == Unjudged {
			state = InProgress
		}
		return Status{state, path[len(path)-1] + " " + cmp.Or(word, "unknown")}
	}
}

func anyTrue(types ...string) func(*unstructured.Unstructured) Status {
	return func(u *unstructured.Unstructured) Status {
		for _, kind := range types {
			if object.ConditionOf(u, kind).Status == "True" {
				return Status{Ready, ""}
			}
		}
		return Status{InProgress, "none of the conditions " + strings.Join(types, ", ") + " is True"}
	}
}

func replicasAt(field string) func(*unstructured.Unstructured) Status {
	return func(u *unstructured.Unstructured) Status {
		if got, wanted := number(u, "status", field), number(u, "spec", "replicas"); got < wanted {
			return Status{InProgress, fmt.Sprintf("%s: %d/%d", field, got, wanted)}
		}
		return Status{Ready, ""}
	}
}
