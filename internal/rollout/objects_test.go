package rollout

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// deployment is Deployment shop/cart with two replicas; generation 1 is the one that was applied.
func deployment(generation, available int64) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{
			"namespace": "shop", "name": "cart", "uid": "deployment", "generation": generation,
			"annotations": map[string]any{"deployment.kubernetes.io/revision": "1"},
		},
		"spec": map[string]any{"replicas": int64(2), "progressDeadlineSeconds": int64(600)},
		"status": map[string]any{
			"observedGeneration": generation, "replicas": int64(2), "updatedReplicas": int64(2),
			"readyReplicas": available, "availableReplicas": available,
			"conditions": []any{
				map[string]any{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
				map[string]any{"type": "Available", "status": "True"},
			},
		},
	}}
}

func replicaSet(name, revision string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apps/v1", "kind": "ReplicaSet",
		"metadata": map[string]any{
			"namespace": "shop", "name": name, "uid": name,
			"annotations":     map[string]any{"deployment.kubernetes.io/revision": revision},
			"ownerReferences": []any{owner("Deployment", "cart", "deployment")},
		},
	}}
}

func owner(kind, name, uid string) map[string]any {
	return map[string]any{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": true}
}

// podOf is a pod of a ReplicaSet, ready when all its containers are.
func podOf(name, replicaSet string, statuses ...map[string]any) *unstructured.Unstructured {
	ready := "True"
	var containers, all []any
	for _, s := range statuses {
		containers = append(containers, map[string]any{"name": s["name"]})
		all = append(all, s)
		if s["ready"] != true {
			ready = "False"
		}
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{
			"namespace": "shop", "name": name, "uid": name,
			"ownerReferences": []any{owner("ReplicaSet", replicaSet, replicaSet)},
		},
		"spec": map[string]any{"nodeName": "n", "containers": containers},
		"status": map[string]any{
			"phase": "Running", "containerStatuses": all,
			"conditions": []any{map[string]any{"type": "Ready", "status": ready}},
		},
	}}
}

// up is a container that runs, is ready, and has crashed before after the time given.
func up(name string, restarts int, ran ...time.Duration) map[string]any {
	s := container(name, restarts, true, map[string]any{"running": map[string]any{"startedAt": stamp(0)}})
	for _, d := range ran {
		s["lastState"] = terminated(d)
	}
	return s
}

// down is a container that ended after the time given.
func down(name string, restarts int, ran time.Duration) map[string]any {
	return container(name, restarts, false, terminated(ran))
}

func container(name string, restarts int, ready bool, state map[string]any) map[string]any {
	return map[string]any{
		"name": name, "containerID": fmt.Sprintf("containerd://%s-%d", name, restarts),
		"restartCount": int64(restarts), "ready": ready, "state": state,
	}
}

func terminated(ran time.Duration) map[string]any {
	return map[string]any{"terminated": map[string]any{
		"exitCode": int64(1), "reason": "Error", "startedAt": stamp(-ran), "finishedAt": stamp(0),
	}}
}

func stamp(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
