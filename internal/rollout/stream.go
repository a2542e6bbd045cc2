package rollout

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness"
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

var (
	pods        = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	events      = schema.GroupVersionResource{Version: "v1", Resource: "events"}
	replicaSets = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "replicasets"}
	// between are the kinds that may be between a custom object and its pods.
	between = []schema.GroupVersionResource{
		replicaSets,
		{Group: "apps", Version: "v1", Resource: "deployments"},
		{Group: "apps", Version: "v1", Resource: "statefulsets"},
		{Group: "apps", Version: "v1", Resource: "daemonsets"},
		{Group: "batch", Version: "v1", Resource: "jobs"},
		pods,
	}
)

func isCustom(gvk schema.GroupVersionKind) bool { return !scheme.Scheme.IsGroupRegistered(gvk.Group) }

func isWatched(gvk schema.GroupVersionKind) bool { return isCustom(gvk) || statusKinds[gvk.Kind] }

// plan lists the streams that the objects need, each once.
func plan(mapper meta.RESTMapper, applied []*unstructured.Unstructured) ([]follow.Stream, error) {
	var streams []follow.Stream
	add := func(s follow.Stream) {
		for i, have := range streams {
			if have.GroupVersionResource == s.GroupVersionResource && have.Namespace == s.Namespace {
				streams[i].Optional = have.Optional && s.Optional
				return
			}
		}
		streams = append(streams, s)
	}
	for _, u := range applied {
		gvk := u.GroupVersionKind()
		if !isWatched(gvk) || !readiness.Wait(u) {
			continue
		}
		mapping, err := mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
		if err != nil {
			return nil, fmt.Errorf("watching %s %q: %w", gvk.Kind, u.GetName(), err)
		}
		// An ingress was not watched in the past: roles that were written then do without.
		add(follow.Stream{GroupVersionResource: mapping.Resource, Namespace: u.GetNamespace(),
			Optional: mapping.Resource == ingresses})
		for _, s := range around(gvk, u.GetNamespace()) {
			add(s)
		}
	}
	return streams, nil
}

// around lists the streams beside the object's own: those of its pods and of what is between, and of its class.
func around(gvk schema.GroupVersionKind, namespace string) []follow.Stream {
	var all []follow.Stream
	switch {
	case gvk.Kind == "PersistentVolumeClaim":
		return []follow.Stream{{GroupVersionResource: storageClasses, Optional: true}}
	case gvk.Kind == "Ingress" && !isCustom(gvk):
		return []follow.Stream{{GroupVersionResource: ingressClasses, Optional: true}}
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
		all = append(all, follow.Stream{GroupVersionResource: pods, Namespace: namespace})
	}
	return append(all, follow.Stream{GroupVersionResource: events, Namespace: namespace, Fields: "type=Warning",
		Optional: true})
}
