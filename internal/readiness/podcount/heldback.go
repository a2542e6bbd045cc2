// Package podcount says how many pods an object asks for, and how many of them it keeps at an earlier revision.
package podcount

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// Held says how many pods keep an older revision because the object asks for it. The zero value says none.
type Held struct {
	Pods int64
	// Why is "paused", or the field that keeps them, such as "updateStrategy OnDelete".
	Why string
	// Paused means that the owner stopped the rollout in the middle; the other reasons are how it is set up.
	Paused bool
	// Resume is the command or the change that lets the pods be replaced.
	Resume string
}

// HeldBack returns what an object's own spec holds back: spec.paused of a Deployment or a custom workload,
// updateStrategy OnDelete, and the partition of a StatefulSet, or of a workload of Kruise.
func HeldBack(u *unstructured.Unstructured) Held {
	where := ""
	if u.GetNamespace() != "" {
		where = " -n " + u.GetNamespace()
	}
	strategy := object.Text(u, "spec", "updateStrategy", "type")
	switch kind := u.GroupVersionKind().GroupKind().String(); {
	case kind == "Deployment.apps" && object.IsTrue(u, "spec", "paused"):
		return Held{outdated(u), "paused", true, fmt.Sprintf("kubectl rollout resume%s deployment/%s", where, u.GetName())}
	case kind == "Rollout.argoproj.io" && pausedRollout(u):
		return Held{outdated(u), "paused", true, fmt.Sprintf("kubectl argo rollouts promote%s %s", where, u.GetName())}
	case strategy == "OnDelete" && onDelete[kind]:
		return Held{outdated(u), "updateStrategy OnDelete", false,
			"Delete these pods one by one; their controller makes them anew: kubectl delete pod" + where + " NAME"}
	case strings.HasSuffix(kind, ".kruise.io") && (object.IsTrue(u, "spec", "updateStrategy", "paused") ||
		object.IsTrue(u, "spec", "updateStrategy", "rollingUpdate", "paused")):
		return Held{outdated(u), "paused", true, "Set paused in spec.updateStrategy to false."}
	case kind == "StatefulSet.apps", strings.HasSuffix(kind, ".apps.kruise.io"):
		kept, field := partition(u)
		return Held{min(outdated(u), kept), field, false, "Lower the partition to roll the change out further."}
	case object.IsCustom(u) && object.IsTrue(u, "spec", "paused"):
		return Held{outdated(u), "paused", true, "Set spec.paused to false."}
	}
	return Held{}
}

// onDelete are the kinds whose pods are replaced only once somebody deletes them, where updateStrategy is OnDelete.
var onDelete = map[string]bool{
	"DaemonSet.apps": true, "StatefulSet.apps": true, "DaemonSet.apps.kruise.io": true, "StatefulSet.apps.kruise.io": true,
}

// partition is the number of pods that are to keep an earlier revision, and the field that says so with its value. A
// CloneSet allows a share of them: https://openkruise.io/docs/user-manuals/cloneset#partition.
func partition(u *unstructured.Unstructured) (pods int64, field string) {
	for _, path := range [][]string{{"updateStrategy", "rollingUpdate", "partition"}, {"updateStrategy", "partition"}} {
		at := append([]string{"spec"}, path...)
		pods, _ = object.Integer(u, at...)
		if share := intstr.FromString(object.Text(u, at...)); share.StrVal != "" {
			n, _ := intstr.GetScaledValueFromIntOrPercent(&share, int(object.Number(u, "spec", "replicas")), true)
			pods = int64(n)
		}
		if value, found, _ := unstructured.NestedFieldNoCopy(u.Object, at...); found {
			return pods, fmt.Sprintf("%s %v", strings.Join(path, "."), value)
		}
	}
	return 0, "updateStrategy.rollingUpdate.partition 0"
}

// outdated counts the pods of an older revision by what the controller reports.
func outdated(u *unstructured.Unstructured) int64 {
	if u.GetKind() == "DaemonSet" {
		current, updated := "currentNumberScheduled", "updatedNumberScheduled"
		return max(0, object.Number(u, "status", current)-object.Number(u, "status", updated))
	}
	current, update := object.Text(u, "status", "currentRevision"), object.Text(u, "status", "updateRevision")
	if update != "" && current == update {
		return 0
	}
	return max(0, object.Number(u, "status", "replicas")-object.Number(u, "status", "updatedReplicas"))
}

// pausedRollout reports whether an Argo Rollout waits for a person: paused by spec, or at a step without a duration.
func pausedRollout(u *unstructured.Unstructured) bool {
	if object.IsTrue(u, "spec", "paused") {
		return true
	}
	if !object.IsTrue(u, "status", "controllerPause") && len(object.Items(u, "status", "pauseConditions")) == 0 {
		return false
	}
	steps := object.Items(u, "spec", "strategy", "canary", "steps")
	at := object.Number(u, "status", "currentStepIndex")
	if at < 0 || at >= int64(len(steps)) {
		_, timed, _ := unstructured.NestedFieldNoCopy(u.Object, "spec", "strategy", "blueGreen", "autoPromotionSeconds")
		return !timed
	}
	pause, _ := steps[at]["pause"].(map[string]any)
	_, timed := pause["duration"]
	return !timed
}
