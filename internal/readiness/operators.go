package readiness

import (
	"cmp"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// Storage, databases and other services, each with a status of its own, after their projects' documents.

// elastic: https://www.elastic.co/docs/reference/cloud-on-k8s; phase Ready is reached before the shards are. A single
// node stays yellow, since it has no place for replicas.
func elastic(u *unstructured.Unstructured) Status {
	nodes := int64(0)
	for _, set := range object.Items(u, "spec", "nodeSets") {
		n, _ := object.Integer(&unstructured.Unstructured{Object: set}, "count")
		nodes += n
	}
	phase, health := object.Text(u, "status", "phase"), object.Text(u, "status", "health")
	switch {
	case phase == "Invalid":
		return Status{Failed, "phase Invalid"}
	case object.Number(u, "status", "availableNodes") < nodes:
		return Status{InProgress, fmt.Sprintf("nodes: %d/%d", object.Number(u, "status", "availableNodes"), nodes)}
	case phase == "Ready" && (health == "green" || health == "yellow" && nodes == 1):
		return Status{Ready, ""}
	}
	return Status{InProgress, fmt.Sprintf("phase %s, health %s", cmp.Or(phase, "unknown"), cmp.Or(health, "unknown"))}
}

// minio: https://github.com/minio/operator, status.healthStatus; currentState Initialized is its last one.
func minio(u *unstructured.Unstructured) Status {
	state, health := object.Text(u, "status", "currentState"), object.Text(u, "status", "healthStatus")
	if state == "Initialized" && (health == "green" || health == "") {
		return Status{Ready, ""}
	}
	return Status{InProgress, fmt.Sprintf("state %s, health %s", cmp.Or(state, "unknown"), cmp.Or(health, "unknown"))}
}

// elasticHealth is yellow while some of the pods are not available.
func elasticHealth(u *unstructured.Unstructured) Status {
	health := object.Text(u, "status", "health")
	if health == "green" {
		return Status{Ready, ""}
	}
	return Status{InProgress, "health " + cmp.Or(health, "unknown")}
}

// cnpgCluster: https://cloudnative-pg.io/documentation/current/; the phase is a sentence.
func cnpgCluster(u *unstructured.Unstructured) Status {
	phase := object.Text(u, "status", "phase")
	ready, wanted := object.Number(u, "status", "readyInstances"), object.Number(u, "spec", "instances")
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
	if got, wanted := object.Number(u, "status", "instances"), object.Number(u, "spec", "instances"); got < wanted {
		return Status{InProgress, fmt.Sprintf("instances: %d/%d", got, wanted)}
	}
	return Status{Ready, ""}
}

func volumeSnapshot(u *unstructured.Unstructured) Status {
	if object.IsTrue(u, "status", "readyToUse") {
		return Status{Ready, ""}
	}
	return Status{InProgress, cmp.Or(object.Text(u, "status", "error", "message"), "not ready to use")}
}

// healthy reads status.healthy, of Config Connector's own configuration.
func healthy(u *unstructured.Unstructured) Status {
	if object.IsTrue(u, "status", "healthy") {
		return Status{Ready, ""}
	}
	return Status{InProgress, "it is not healthy"}
}

// ceph: https://rook.io/docs/rook/latest/CRDs/Cluster/ceph-cluster-crd/. A cluster can have warnings for good.
func ceph(u *unstructured.Unstructured) Status {
	phase, health := object.Text(u, "status", "phase"), object.Text(u, "status", "ceph", "health")
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

// dataVolume: https://github.com/kubevirt/containerized-data-importer/blob/main/doc/datavolumes.md. Some phases last until
// a pod uses the volume.
func dataVolume(u *unstructured.Unstructured) Status {
	switch phase := object.Text(u, "status", "phase"); phase {
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

// grafana goes through stages, each with a state of its own: https://grafana.github.io/grafana-operator/docs/.
func grafana(u *unstructured.Unstructured) Status {
	stage, state := object.Text(u, "status", "stage"), object.Text(u, "status", "stageStatus")
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
	if n := object.Number(u, "status", "failedTasksCount"); n > 0 {
		return Status{InProgress, fmt.Sprintf("failed tasks: %d", n)}
	}
	return Status{State: Unjudged}
}

// analysis can be completed and not passed.
func analysis(u *unstructured.Unstructured) Status {
	if object.Text(u, "status", "state") == "Completed" && !object.IsTrue(u, "status", "pass") &&
		!object.IsTrue(u, "status", "warning") {
		return Status{Failed, "the analysis did not pass"}
	}
	return Status{State: Unjudged}
}
