// Package streams says what of a cluster is watched for applied objects, which is what a deployer needs permission for,
// and what storage and ingress classes mean for the objects that name them.
package streams

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/annotation"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout/follow"
)

// statusKinds are the built-in kinds whose status is looked at. The others are ready once applied, and need no
// permission to be watched.
var statusKinds = map[string]bool{
	"Service": true, "Ingress": true, "Pod": true, "PersistentVolumeClaim": true, "CustomResourceDefinition": true,
	"Deployment": true, "StatefulSet": true, "DaemonSet": true, "ReplicaSet": true, "ReplicationController": true,
	"Job": true,
}

// ownPods are the built-in kinds that have pods.
var ownPods = map[string]bool{
	"Pod": true, "Deployment": true, "StatefulSet": true, "DaemonSet": true, "ReplicaSet": true,
	"ReplicationController": true, "Job": true,
}

// The kinds beside those of the applied objects.
var (
	Pods        = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	Events      = schema.GroupVersionResource{Version: "v1", Resource: "events"}
	replicaSets = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "replicasets"}
	// between are the kinds that may be between a custom object and its pods.
	between = []schema.GroupVersionResource{
		replicaSets,
		{Group: "apps", Version: "v1", Resource: "deployments"},
		{Group: "apps", Version: "v1", Resource: "statefulsets"},
		{Group: "apps", Version: "v1", Resource: "daemonsets"},
		{Group: "batch", Version: "v1", Resource: "jobs"},
		Pods,
	}
)

func isCustom(gvk schema.GroupVersionKind) bool { return !scheme.Scheme.IsGroupRegistered(gvk.Group) }

// IsWatched reports whether the status of objects of a kind is looked at.
func IsWatched(gvk schema.GroupVersionKind) bool { return isCustom(gvk) || statusKinds[gvk.Kind] }

// Plan lists the streams that the objects need, each once.
func Plan(mapper meta.RESTMapper, applied []*unstructured.Unstructured) ([]follow.Stream, error) {
	var all []follow.Stream
	add := func(s follow.Stream) {
		for i, have := range all {
			if have.GroupVersionResource == s.GroupVersionResource && have.Namespace == s.Namespace {
				all[i].Optional = have.Optional && s.Optional
				return
			}
		}
		all = append(all, s)
	}
	for _, u := range applied {
		gvk := u.GroupVersionKind()
		if !IsWatched(gvk) || !annotation.Wait(u) {
			continue
		}
		mapping, err := mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
		if err != nil {
			return nil, fmt.Errorf("watching %s %q: %w", gvk.Kind, u.GetName(), err)
		}
		// An ingress was not watched in the past: roles that were written then do without.
		add(follow.Stream{GroupVersionResource: mapping.Resource, Namespace: u.GetNamespace(),
			Optional: mapping.Resource == Ingresses})
		for _, s := range around(gvk, u.GetNamespace()) {
			add(s)
		}
	}
	return all, nil
}

// around lists the streams beside the object's own: those of its pods and of what is between, and of its class.
func around(gvk schema.GroupVersionKind, namespace string) []follow.Stream {
	var all []follow.Stream
	switch {
	case gvk.Kind == "PersistentVolumeClaim":
		return []follow.Stream{{GroupVersionResource: StorageClasses, Optional: true}}
	case gvk.Kind == "Ingress" && !isCustom(gvk):
		return []follow.Stream{{GroupVersionResource: IngressClasses, Optional: true}}
	case isCustom(gvk) && namespace != "":
		for _, resource := range between {
			all = append(all, follow.Stream{GroupVersionResource: resource, Namespace: namespace, Optional: true})
		}
	case !ownPods[gvk.Kind]:
		return nil
	case gvk.Kind == "Deployment":
		all = append(all, follow.Stream{GroupVersionResource: replicaSets, Namespace: namespace})
		fallthrough
	default:
		all = append(all, follow.Stream{GroupVersionResource: Pods, Namespace: namespace})
	}
	return append(all, follow.Stream{GroupVersionResource: Events, Namespace: namespace, Fields: "type=Warning",
		Optional: true})
}
